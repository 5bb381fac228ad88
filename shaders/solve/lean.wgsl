// Continues stencil.wgsl. Conjugate gradients that store the potential u, a direction and v = omega D^-1 r: the residual
// r = b - A u is formed again from either of u and v wherever it is needed, and nothing is written that is only summed.

@group(0) @binding(3) var<storage> potential: array<real>;
@group(0) @binding(4) var<storage> slots: array<vec2<real>>;
@group(0) @binding(8) var<storage, read_write> sums: array<vec2<real>>;
// 1, or 0 where the iteration stands still.
@group(0) @binding(9) var<storage> chosen: array<u32>;

fn u_at(place: u32) -> real { return potential[field(place)]; }
fn u_pair(places: vec2<u32>) -> vec2<real> { return vec2<real>(u_at(places.x), u_at(places.y)); }

// b - A u between the potentials of both ends.
fn lacking(s: Star) -> real {
    let here = u_at(s.here);
    let ends = vec2<real>(real(params.inlet), real(params.outlet));
    let along = select(ends, u_pair(s.along), s.exists > vec2<real>());
    let outer = s.k_across * (here - u_pair(s.across)) + s.k_second * (here - u_pair(s.second)) + s.k_along * (here - along);
    return -(outer.x + outer.y);
}

// y = omega D^-1 (b - A u)
@compute @workgroup_size(WIDE, HIGH, DEEP)
fn sweep_potential(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    if !inside(cell) { return; }
    let s = star(cell);
    y[field(s.here)] = damped(s) * lacking(s);
}

// y = z + number y, where z is x + omega D^-1 (b - A u - A x), if that is chosen
@compute @workgroup_size(WIDE, HIGH, DEEP)
fn redirect(@builtin(global_invocation_id) thread: vec3<u32>) {
    let cell = entered(thread, params.planes);
    if !inside(cell) || chosen[0] == 0u { return; }
    let s = star(cell);
    let at = field(s.here);
    let number = slots[params.slot].x + slots[params.slot].y;
    y[at] = x[at] + damped(s) * (lacking(s) - applied_by(s)) + number * y[at];
}

// P^T (r - A v) of a block, v in x; returns (v, r) + (v, r - A v) over its voxels.
fn restricted(group: vec3<u32>) -> vec2<real> {
    var currents: array<real, 8>;
    var sum = vec2<real>();
    for (var i = 0u; i < 8u; i++) {
        let cell = group + vec3<u32>(i & 1u, (i >> 1u) & 1u, i >> 2u);
        if !inside(cell) || code(place(cell)) == DEAD { continue; }
        let s = star(cell);
        let v = x_at(s.here);
        let omega_d = damped(s);
        let r = select(real(0), v / omega_d, omega_d > real(0));
        let left = r - applied_by(s);
        currents[layer(s.here)] += left;
        sum = wide_sum(sum, vec2<real>(v * (r + left), real(0)));
    }
    let own = block(group.x, group.y, group.z + 1u);
    let begin = first[own];
    for (var i = begin; i < first[own + 1u]; i++) { y[i] = currents[i - begin]; }
    return sum;
}

// A box's cell by its number.
fn nth(i: u32, size: vec3<u32>) -> vec3<u32> { return vec3<u32>(i % size.x, i / size.x % size.y, i / (size.x * size.y)); }

// y = P^T (r - A v), sums = (v, r) + (v, r - A v) of each workgroup
@compute @workgroup_size(LANES)
fn restrict_and_sum(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let size = (vec3<u32>(params.columns, params.rows, params.planes) + 1u) / 2u;
    var sum = vec2<real>();
    for (var i = group.x * LANES + lane; i < size.x * size.y * size.z; i += groups.x * LANES) {
        sum = wide_sum(sum, restricted(2u * nth(i, size)));
    }
    sum = tree_sum(sum, lane);
    if lane == 0u { sums[params.base + group.x] = sum; }
}

// sums = (x, A x) of each workgroup
@compute @workgroup_size(LANES)
fn curvature(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let size = vec3<u32>(params.columns, params.rows, params.planes);
    var sum = vec2<real>();
    for (var i = group.x * LANES + lane; i < size.x * size.y * size.z; i += groups.x * LANES) {
        let cell = nth(i, size);
        sum = wide_sum(sum, vec2<real>(x_at(place(cell)) * applied(cell), real(0)));
    }
    sum = tree_sum(sum, lane);
    if lane == 0u { sums[params.base + group.x] = sum; }
}
