// Continues voxels.wgsl. The seven-point operator of the finest level and its sweeps.

// (A x) at a voxel.
fn x_at(place: u32) -> real { return x[field(place)]; }
fn x_pair(places: vec2<u32>) -> vec2<real> { return vec2<real>(x_at(places.x), x_at(places.y)); }
fn applied_by(s: Star) -> real {
    return balance(s, x_at(s.here), x_pair(s.along), x_pair(s.second), x_pair(s.across));
}
fn applied(cell: vec3<u32>) -> real {
    if code(place(cell)) == DEAD { return real(0); }
    return applied_by(star(cell));
}

// omega / d, 0 where a voxel has no unknown.
fn damped(s: Star) -> real {
    let d = s.k_across + s.k_second + s.k_along;
    return select(real(0), factor() / (d.x + d.y), d.x + d.y > real(0));
}

// y = A x
@compute @workgroup_size(WIDE, HIGH, DEEP)
fn apply(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    if inside(cell) { y[field(place(cell))] = applied(cell); }
}

// y = b - A x
@compute @workgroup_size(WIDE, HIGH, DEEP)
fn residual(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    let at = field(place(cell));
    if inside(cell) { y[at] = b[at] - applied(cell); }
}

// y = omega D^-1 b, the first sweep from zero
@compute @workgroup_size(WIDE, HIGH, DEEP)
fn first_sweep(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    let at = field(place(cell));
    if inside(cell) { y[at] = damped(star(cell)) * b[at]; }
}

// y = x + omega D^-1 (b - A x)
@compute @workgroup_size(WIDE, HIGH, DEEP)
fn smooth_sweep(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    if !inside(cell) { return; }
    let s = star(cell);
    let at = field(s.here);
    y[at] = x[at] + damped(s) * (b[at] - applied_by(s));
}

// y = P^T (b - A x); a thread per block of 2x2x2 voxels.
@compute @workgroup_size(WIDE, HIGH, DEEP)
fn restrict_residual(@builtin(global_invocation_id) thread: vec3<u32>) {
    let group = 2u * entered(thread, (params.planes + 1u) / 2u);
    if !inside(group) { return; }
    var sums: array<real, 8>;
    for (var i = 0u; i < 8u; i++) {
        let cell = group + vec3<u32>(i & 1u, (i >> 1u) & 1u, i >> 2u);
        if inside(cell) && code(place(cell)) != DEAD {
            sums[layer(place(cell))] += b[field(place(cell))] - applied(cell);
        }
    }
    let own = block(group.x, group.y, group.z + 1u);
    let begin = first[own];
    for (var i = begin; i < first[own + 1u]; i++) { y[i] = sums[i - begin]; }
}

// y += factor P x
@compute @workgroup_size(WIDE, HIGH, DEEP)
fn correct(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    if !inside(cell) || code(place(cell)) == DEAD { return; }
    y[field(place(cell))] += factor() * x[unknown(cell)];
}
