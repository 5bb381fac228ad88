// Numbers that stay on the device, each an unevaluated sum of two reals.
// Where volumes are solved together each has its own, one after the other.

struct Params { offset: u32, count: u32, base: u32, slot: u32, other: u32, quotient: u32, inverted: u32, factor: f32, stop: f32 }
var<immediate> params: Params;

@group(0) @binding(0) var<storage> x: array<real>;
@group(0) @binding(1) var<storage> y: array<real>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec2<real>>;
@group(0) @binding(3) var<storage, read_write> slots: array<vec2<real>>;
// 1 for each volume that takes part in conjugate gradients, else 0.
@group(0) @binding(4) var<storage, read_write> chosen: array<u32>;

// partials[base + group] = the group's share of factor x . y, over the `count` numbers of a volume; groups along y are volumes.
@compute @workgroup_size(LANES)
fn dot_slab(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let first = params.offset + group.y * params.count;
    var sum = vec2<real>();
    for (var i = group.x * LANES + lane; i < params.count; i += groups.x * LANES) {
        sum = wide_sum(sum, vec2<real>(x[first + i] * y[first + i], real(0)));
    }
    sum = tree_sum(sum, lane);
    if lane == 0u { partials[params.base + group.y * groups.x + group.x] = real(params.factor) * sum; }
}

// slots[slot] = the sum of `count` partials; a workgroup for each volume.
@compute @workgroup_size(LANES)
fn total(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    var sum = vec2<real>();
    for (var i = lane; i < params.count; i += LANES) { sum = wide_sum(sum, partials[group.x * params.count + i]); }
    sum = tree_sum(sum, lane);
    if lane == 0u { slots[params.slot + group.x] = sum; }
}

// a / b, or 0
fn divided(a: vec2<real>, b: vec2<real>) -> vec2<real> {
    let below = b.x + b.y;
    if below == real(0) { return vec2<real>(); }
    return vec2<real>((a.x + a.y) / below, real(0));
}

// The same, and slots[quotient] = the sum / slots[other], or the other way round. A volume whose sum is at most `stop` takes
// part no longer.
@compute @workgroup_size(LANES)
fn total_and_ratio(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    var sum = vec2<real>();
    for (var i = lane; i < params.count; i += LANES) { sum = wide_sum(sum, partials[group.x * params.count + i]); }
    sum = tree_sum(sum, lane);
    if lane == 0u {
        let other = slots[params.other + group.x];
        slots[params.slot + group.x] = sum;
        if f32(sum.x + sum.y) <= params.stop { chosen[group.x] = 0u; }
        if params.inverted == 1u { slots[params.quotient + group.x] = divided(other, sum); }
        else { slots[params.quotient + group.x] = divided(sum, other); }
    }
}

// slots[slot] = slots[base] / slots[other], or 0; a thread for each of `count` volumes.
@compute @workgroup_size(LANES)
fn ratio(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let volume = line_index(thread, groups);
    if volume >= params.count { return; }
    slots[params.slot + volume] = divided(slots[params.base + volume], slots[params.other + volume]);
}

// Every volume takes part.
@compute @workgroup_size(LANES)
fn resume(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let volume = line_index(thread, groups);
    if volume < params.count { chosen[volume] = 1u; }
}
