// The coarsest level: y = inverse b, a workgroup per row.

// First row of the chunk, and unknowns.
struct Params { begin: u32, count: u32 }
var<immediate> params: Params;

@group(0) @binding(0) var<storage> inverse: array<real>;
@group(0) @binding(1) var<storage> b: array<real>;
@group(0) @binding(2) var<storage, read_write> y: array<real>;

@compute @workgroup_size(LANES)
fn solve(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    var sum = real(0);
    for (var column = lane; column < params.count; column += LANES) {
        sum += inverse[group.x * params.count + column] * b[column];
    }
    sum = workgroup_sum(sum, lane);
    if lane == 0u { y[params.begin + group.x] = sum; }
}
