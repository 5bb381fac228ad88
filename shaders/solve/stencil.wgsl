// Continues voxels.wgsl. The seven-point operator of the finest level and its sweeps.

// (A x) at a voxel.
fn x_at(place: u32) -> real { return x[field(place)]; }
fn x_pair(places: vec2<u32>) -> vec2<real> { return vec2<real>(x_at(places.x), x_at(places.y)); }
fn applied(cell: vec3<u32>) -> real {
    if code(place(cell)) == DEAD { return real(0); }
    let s = star(cell);
    return balance(s, x_at(s.here), x_pair(s.along), x_pair(s.second), x_pair(s.across));
}

// The first sweep, v = omega D^-1 b, (A v), and what the second makes of it at a voxel.
fn v_at(place: u32) -> real { return damped[field(place)] * b[field(place)]; }
fn v_pair(places: vec2<u32>) -> vec2<real> { return vec2<real>(v_at(places.x), v_at(places.y)); }
fn swept(s: Star) -> real { return balance(s, v_at(s.here), v_pair(s.along), v_pair(s.second), v_pair(s.across)); }
fn swept_twice(cell: vec3<u32>) -> real {
    let at = field(place(cell));
    return v_at(place(cell)) + damped[at] * (b[at] - swept(star(cell)));
}

// y = factor / d, 0 where a voxel has no unknown
@compute @workgroup_size(32, 4, 2)
fn damp(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    if !inside(cell) { return; }
    let s = star(cell);
    let d = s.k_across + s.k_second + s.k_along;
    y[field(s.here)] = select(real(0), factor() / (d.x + d.y), d.x + d.y > real(0));
}

// y = A x
@compute @workgroup_size(32, 4, 2)
fn apply(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    if inside(cell) { y[field(place(cell))] = applied(cell); }
}

// y = b - A x
@compute @workgroup_size(32, 4, 2)
fn residual(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    let at = field(place(cell));
    if inside(cell) { y[at] = b[at] - applied(cell); }
}

// y = P^T (b - A x); a thread per block of 2x2x2 voxels.
@compute @workgroup_size(32, 4, 2)
fn restrict_residual(@builtin(global_invocation_id) thread: vec3<u32>) {
    let group = 2u * entered(thread, (params.planes + 1u) / 2u);
    if !inside(group) { return; }
    var sums: array<real, 8>;
    for (var i = 0u; i < 8u; i++) {
        let cell = group + vec3<u32>(i & 1u, (i >> 1u) & 1u, i >> 2u);
        if inside(cell) && layer(cell) != NO_LAYER {
            sums[layer(cell)] += b[field(place(cell))] - applied(cell);
        }
    }
    let begin = first[block(group)];
    for (var i = begin; i < first[block(group) + 1u]; i++) { y[i] = sums[i - begin]; }
}

// y = v + omega D^-1 (b - A v) for v = omega D^-1 b
@compute @workgroup_size(32, 4, 2)
fn sweep_twice(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    if inside(cell) { y[field(place(cell))] = swept_twice(cell); }
}

// The same + factor P x
@compute @workgroup_size(32, 4, 2)
fn correct(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    if !inside(cell) { return; }
    var value = swept_twice(cell);
    if layer(cell) != NO_LAYER { value += factor() * x[first[block(cell)] + layer(cell)]; }
    y[field(place(cell))] = value;
}

// y = x + omega D^-1 (b - A x)
@compute @workgroup_size(32, 4, 2)
fn smooth_sweep(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    let at = field(place(cell));
    if inside(cell) { y[at] = x[at] + damped[at] * (b[at] - applied(cell)); }
}
