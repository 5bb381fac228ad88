// The coarsest level: y = inverse b, a workgroup per row; several matrices side by side, one for each volume.

// First row of the chunk.
struct Params { begin: u32 }
var<immediate> params: Params;

@group(0) @binding(0) var<storage> inverse: array<real>;
// For each row of the chunk: its first entry, the first unknown of its matrix, and how many there are.
@group(0) @binding(1) var<storage> rows: array<array<u32, 3>>;
@group(0) @binding(2) var<storage> b: array<real>;
@group(0) @binding(3) var<storage, read_write> y: array<real>;

@compute @workgroup_size(LANES)
fn solve(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = rows[group.x];
    var sum = real(0);
    for (var column = lane; column < row[2]; column += LANES) {
        sum += inverse[row[0] + column] * b[row[1] + column];
    }
    sum = workgroup_sum(sum, lane);
    if lane == 0u { y[params.begin + group.x] = sum; }
}
