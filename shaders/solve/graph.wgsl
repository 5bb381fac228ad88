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
@group(0) @binding(3) var<storage> leaks: array<real>;
// omega / d_i, or 1 / d_i for the terms of a polynomial.
@group(0) @binding(4) var<storage> damped: array<real>;
@group(0) @binding(5) var<storage> parent: array<u32>;
@group(0) @binding(6) var<storage> b: array<real>;
@group(0) @binding(7) var<storage> x: array<real>;
@group(0) @binding(8) var<storage, read_write> y: array<real>;

fn factor() -> real { return real(params.factor_high) + real(params.factor_low); }
fn momentum() -> real { return real(params.momentum_high) + real(params.momentum_low); }

// (A x)_i, row `i - begin` of the chunk.
fn applied(i: u32) -> real {
    let row = i - params.begin;
    let here = x[i];
    var sum = leaks[i] * here;
    for (var entry = starts[row]; entry < starts[row + 1u]; entry++) {
        sum += weights[entry] * (here - x[columns[entry]]);
    }
    return sum;
}

// (A v)_i for v = omega D^-1 b.
fn applied_to_swept(i: u32) -> real {
    let row = i - params.begin;
    let here = damped[i] * b[i];
    var sum = leaks[i] * here;
    for (var entry = starts[row]; entry < starts[row + 1u]; entry++) {
        let j = columns[entry];
        sum += weights[entry] * (here - damped[j] * b[j]);
    }
    return sum;
}

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

// y = b - A v for v = omega D^-1 b
@compute @workgroup_size(LANES)
fn swept_residual(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = line_index(thread, groups);
    if row < params.count {
        let i = params.begin + row;
        y[i] = b[i] - applied_to_swept(i);
    }
}

// y = P^T x: sums over the members of every aggregate; starts and columns hold the members.
@compute @workgroup_size(LANES)
fn gather(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = line_index(thread, groups);
    if i < params.count {
        var sum = real(0);
        for (var member = starts[i]; member < starts[i + 1u]; member++) { sum += x[columns[member]]; }
        y[i] = sum;
    }
}

// v = omega D^-1 b + factor P x at a row.
fn corrected(i: u32) -> real { return damped[i] * b[i] + factor() * x[parent[i]]; }

// y = v + omega D^-1 (b - A v) for that v
@compute @workgroup_size(LANES)
fn prolong(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = line_index(thread, groups);
    if row < params.count {
        let i = params.begin + row;
        let here = corrected(i);
        var sum = leaks[i] * here;
        for (var entry = starts[row]; entry < starts[row + 1u]; entry++) {
            sum += weights[entry] * (here - corrected(columns[entry]));
        }
        y[i] = here + damped[i] * (b[i] - sum);
    }
}

// y = x + gain D^-1 (b - A x) + momentum (x - y)
@compute @workgroup_size(LANES)
fn term(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = line_index(thread, groups);
    if row < params.count {
        let i = params.begin + row;
        y[i] = x[i] + factor() * damped[i] * (b[i] - applied(i)) + momentum() * (x[i] - y[i]);
    }
}
