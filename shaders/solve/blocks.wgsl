// Continues voxels.wgsl. The first graph without its rows: (A x)_i is what the stencil makes of P x, summed over the voxels of
// unknown i, so that codes and layers say it all. A thread per block of 2x2x2 voxels; vectors whole.

// omega / d_i, and the aggregate of each unknown.
@group(0) @binding(3) var<storage> damped: array<real>;
@group(0) @binding(4) var<storage> parent: array<u32>;

// Which vector the operator is applied to: x, v = omega D^-1 b, or v + factor P x.
const PLAIN: u32 = 0u;
const SWEPT: u32 = 1u;
const CORRECTED: u32 = 2u;
var<private> source: u32;

fn value(i: u32) -> real {
    if source == PLAIN { return x[i]; }
    let swept = damped[i] * b[i];
    if source == SWEPT { return swept; }
    return swept + factor() * x[parent[i]];
}
fn value_at(column: u32, row: u32, plane: u32, place: u32) -> real {
    return value(first[block(column, row, plane)] + layer(place));
}

// What leaves a voxel for other unknowns. Where there is no face, conductances are 0.
fn outflow(cell: vec3<u32>) -> real {
    let s = star(cell);
    let n = vec2<u32>(params.columns, params.rows);
    let before = select(cell.xy - 1u, n - 1u, cell.xy == vec2<u32>());
    let behind = select(cell.xy + 1u, vec2<u32>(), cell.xy + 1u == n);
    let plane = cell.z + 1u;
    let planes = vec2<u32>(plane) + select(vec2<u32>(), vec2<u32>(0u - 1u, 1u), s.exists > vec2<real>());
    return balance(
        s, value_at(cell.x, cell.y, plane, s.here),
        vec2<real>(value_at(cell.x, cell.y, planes.x, s.along.x), value_at(cell.x, cell.y, planes.y, s.along.y)),
        vec2<real>(value_at(cell.x, before.y, plane, s.second.x), value_at(cell.x, behind.y, plane, s.second.y)),
        vec2<real>(value_at(before.x, cell.y, plane, s.across.x), value_at(behind.x, cell.y, plane, s.across.y)),
    );
}

// The unknowns of a thread's block, and (A value)_i of each.
var<private> own: vec2<u32>;
var<private> sums: array<real, 8>;
fn apply_to(vector: u32, thread: vec3<u32>) {
    source = vector;
    sums = array<real, 8>();
    let group = 2u * entered(thread, (params.planes + 1u) / 2u);
    if !inside(group) { return; }
    let at = block(group.x, group.y, group.z + 1u);
    own = vec2<u32>(first[at], first[at + 1u]);
    for (var i = 0u; i < 8u; i++) {
        let cell = group + vec3<u32>(i & 1u, (i >> 1u) & 1u, i >> 2u);
        if inside(cell) && code(place(cell)) != DEAD { sums[layer(place(cell))] += outflow(cell); }
    }
}

// y = A x
@compute @workgroup_size(WIDE, HIGH, DEEP)
fn apply(@builtin(global_invocation_id) thread: vec3<u32>) {
    apply_to(PLAIN, thread);
    for (var i = own.x; i < own.y; i++) { y[i] = sums[i - own.x]; }
}

// y = b - A x
@compute @workgroup_size(WIDE, HIGH, DEEP)
fn residual(@builtin(global_invocation_id) thread: vec3<u32>) {
    apply_to(PLAIN, thread);
    for (var i = own.x; i < own.y; i++) { y[i] = b[i] - sums[i - own.x]; }
}

// y = b - A v for v = omega D^-1 b
@compute @workgroup_size(WIDE, HIGH, DEEP)
fn swept_residual(@builtin(global_invocation_id) thread: vec3<u32>) {
    apply_to(SWEPT, thread);
    for (var i = own.x; i < own.y; i++) { y[i] = b[i] - sums[i - own.x]; }
}

// y = v + omega D^-1 (b - A v) for v = omega D^-1 b + factor P x
@compute @workgroup_size(WIDE, HIGH, DEEP)
fn prolong(@builtin(global_invocation_id) thread: vec3<u32>) {
    apply_to(CORRECTED, thread);
    for (var i = own.x; i < own.y; i++) { y[i] = value(i) + damped[i] * (b[i] - sums[i - own.x]); }
}
