// Sum over the threads of a one-dimensional workgroup in a fixed tree: the same bits in every run and on every device
// that rounds alike.

var<workgroup> sum_tree: array<real, LANES>;

// The sum of `value` over the LANES threads of the workgroup, in every one of them. To be called by all of them.
fn workgroup_sum(value: real, lane: u32) -> real {
    sum_tree[lane] = value;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            sum_tree[lane] += sum_tree[lane + half];
        }
        workgroupBarrier();
    }
    let total = sum_tree[0];
    workgroupBarrier();
    return total;
}
