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

// Unevaluated sums of two reals: a sum over millions of f32 keeps more digits than an f32 has, on every device and in the same
// bits (D. E. Knuth, The Art of Computer Programming 2, sec. 4.2.2).
var<workgroup> tree: array<vec2<real>, LANES>;

fn two_sum(a: real, b: real) -> vec2<real> {
    let sum = a + b;
    let part = sum - a;
    return vec2<real>(sum, (a - (sum - part)) + (b - part));
}

fn wide_sum(a: vec2<real>, b: vec2<real>) -> vec2<real> {
    let sum = two_sum(a.x, b.x);
    return two_sum(sum.x, sum.y + (a.y + b.y));
}

// The sum over the threads of the workgroup in a fixed tree, valid in thread 0.
fn tree_sum(value: vec2<real>, lane: u32) -> vec2<real> {
    tree[lane] = value;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half { tree[lane] = wide_sum(tree[lane], tree[lane + half]); }
        workgroupBarrier();
    }
    return tree[0];
}
