// Continues element.wgsl. The kernels.

// Normal and shear stresses of each thread of a workgroup.
struct Sum { normal: vec3<real>, shear: vec3<real> }
var<workgroup> sums: array<Sum, LANES>;

fn lame_of(element: vec3<u32>) -> vec2<real> {
    let at = (element.z * params.rows + element.y) * params.columns + element.x;
    return moduli[(codes[at / 4u] >> (8u * (at % 4u))) & 255u];
}

// The force on a node; the mean stress of the element behind it goes to the thread's sum.
fn gather(node: vec3<u32>, lane: u32) -> vec3<real> {
    var total = vec3<real>();
    for (var corner = 0u; corner < 8u; corner++) {
        let step = vec3<u32>(corner & 1u, corner >> 1u & 1u, corner >> 2u);
        let element = select(node - step, size() - 1u, node < step);
        let lame = lame_of(element);
        if lame.y > real(0) {
            let u = modes(element);
            let mean = mean_stress(lame, u);
            total += force(lame, u, mean, vec3<real>(step) * real(2) - real(1));
            if corner == 0u {
                sums[lane] = Sum(vec3<real>(mean.x.x, mean.y.y, mean.z.z), vec3<real>(mean.y.z, mean.x.z, mean.x.y));
            }
        }
    }
    return total;
}

// y = A x on the nodes, and the sums of stresses of each workgroup.
@compute @workgroup_size(32, 4, 2)
fn forces(
    @builtin(global_invocation_id) node: vec3<u32>, @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
) {
    sums[lane] = Sum();
    if all(node < size()) {
        let total = gather(node, lane);
        let plane = params.columns * params.rows;
        let at = 3u * node.z * plane + node.y * params.columns + node.x;
        for (var c = 0u; c < 3u; c++) { y[at + c * plane] = total[c]; }
    }
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            sums[lane].normal += sums[lane + half].normal;
            sums[lane].shear += sums[lane + half].shear;
        }
        workgroupBarrier();
    }
    if lane < 6u {
        let at = 6u * ((group.z * groups.y + group.y) * groups.x + group.x);
        partials[at + lane] = select(sums[0].normal[lane % 3u], sums[0].shear[lane % 3u], lane > 2u);
    }
}

// y = A x on the mean strains: a workgroup for each sums the stresses.
@compute @workgroup_size(LANES)
fn sum_stresses(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    var sum = real(0);
    for (var i = 6u * lane + group.x; i < arrayLength(&partials); i += 6u * LANES) { sum += partials[i]; }
    sum = workgroup_sum(sum, lane);
    if lane == 0u { y[tail() + group.x] = constants[FREE + group.x] * sum; }
}

// y = B x on the mean strains.
@compute @workgroup_size(LANES)
fn strains(@builtin(local_invocation_index) lane: u32) {
    if lane >= 6u { return; }
    var sum = real(0);
    for (var j = 0u; j < 6u; j++) { sum += constants[COMPLIANCE + 6u * lane + j] * x[tail() + j]; }
    y[tail() + lane] = sum;
}
