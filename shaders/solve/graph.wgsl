// A coarse level as compact rows, (A x)_i = g_i x_i + sum_j w_ij (x_i - x_j): a chunk of consecutive rows per launch, vectors
// whole.

struct Params {
    // First row of the chunk, and rows.
    begin: u32, count: u32,
    // Two factors, each as the sum of two f32: the stretch of a correction, or the gain and momentum of a term.
    factor_high: f32, factor_low: f32, momentum_high: f32, momentum_low: f32,
}
var<immediate> params: Params;

@group(0) @binding(0) var<storage> starts: array<u32>;
@group(0) @binding(1) var<storage> columns: array<u32>;
@group(0) @binding(2) var<storage> weights: array<real>;
// Leak g_i, and omega / d_i (for the terms of a polynomial 1 / d_i).
@group(0) @binding(3) var<storage> sites: array<vec2<real>>;
// First member of each aggregate, and the members.
@group(0) @binding(4) var<storage> heads: array<u32>;
@group(0) @binding(5) var<storage> members: array<u32>;
// The aggregate of each unknown.
@group(0) @binding(6) var<storage> parent: array<u32>;
@group(0) @binding(7) var<storage> b: array<real>;
@group(0) @binding(8) var<storage> x: array<real>;
@group(0) @binding(9) var<storage, read_write> y: array<real>;

fn factor() -> real { return real(params.factor_high) + real(params.factor_low); }
fn momentum() -> real { return real(params.momentum_high) + real(params.momentum_low); }

// (A x)_i, row `i - begin` of the chunk.
fn applied(i: u32) -> real {
    let row = i - params.begin;
    let here = x[i];
    var sum = sites[i].x * here;
    for (var entry = starts[row]; entry < starts[row + 1u]; entry++) {
        sum += weights[entry] * (here - x[columns[entry]]);
    }
    return sum;
}

// v_i = omega b_i / d_i
fn swept(i: u32) -> real { return sites[i].y * b[i]; }

// b_i - (A v)_i for that v.
fn residual_of_swept(i: u32) -> real {
    let row = i - params.begin;
    let here = swept(i);
    var sum = sites[i].x * here;
    for (var entry = starts[row]; entry < starts[row + 1u]; entry++) {
        sum += weights[entry] * (here - swept(columns[entry]));
    }
    return b[i] - sum;
}

// v_i = omega b_i / d_i + factor x_parent
fn corrected(i: u32) -> real { return swept(i) + factor() * x[parent[i]]; }

// y = A x
@compute @workgroup_size(LANES)
fn apply(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = line_index(thread, groups);
    if row < params.count { y[params.begin + row] = applied(params.begin + row); }
}

// y = b - A x
@compute @workgroup_size(LANES)
fn residual(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = line_index(thread, groups);
    if row < params.count {
        let i = params.begin + row;
        y[i] = b[i] - applied(i);
    }
}

// y = P^T (b - A v) for v = omega D^-1 b, where all rows are one chunk; a thread per aggregate.
@compute @workgroup_size(LANES)
fn restrict_residual(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = line_index(thread, groups);
    if i < params.count {
        var sum = real(0);
        for (var at = heads[i]; at < heads[i + 1u]; at++) { sum += residual_of_swept(members[at]); }
        y[i] = sum;
    }
}

// y = b - A v for v = omega D^-1 b, and what remains of a restriction: y = P^T x
@compute @workgroup_size(LANES)
fn swept_residual(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = line_index(thread, groups);
    if row < params.count { y[params.begin + row] = residual_of_swept(params.begin + row); }
}

@compute @workgroup_size(LANES)
fn gather(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = line_index(thread, groups);
    if i < params.count {
        var sum = real(0);
        for (var at = heads[i]; at < heads[i + 1u]; at++) { sum += x[members[at]]; }
        y[i] = sum;
    }
}

// y = v + omega D^-1 (b - A v) for v = omega D^-1 b + factor P x
@compute @workgroup_size(LANES)
fn prolong(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = line_index(thread, groups);
    if row < params.count {
        let i = params.begin + row;
        let here = corrected(i);
        var sum = sites[i].x * here;
        for (var entry = starts[row]; entry < starts[row + 1u]; entry++) {
            sum += weights[entry] * (here - corrected(columns[entry]));
        }
        y[i] = here + sites[i].y * (b[i] - sum);
    }
}

// y = x + gain D^-1 (b - A x) + momentum (x - y)
@compute @workgroup_size(LANES)
fn term(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = line_index(thread, groups);
    if row < params.count {
        let i = params.begin + row;
        y[i] = x[i] + factor() * sites[i].y * (b[i] - applied(i)) + momentum() * (x[i] - y[i]);
    }
}
