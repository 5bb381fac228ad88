// Continues stencil.wgsl. Where a potential stands: what every voxel lacks, the dissipation, and the currents through both
// ends, each summed per workgroup. The potential has a ghost plane on either side always; outermost ones hold end values.

@group(0) @binding(8) var<storage, read_write> sums: array<real>;

// Dissipation, current in and current out, of each thread of a workgroup.
var<workgroup> shares: array<vec3<real>, LANES>;

// y = b - A x at a voxel, and its share of the sums: faces towards the next voxels, and those that meet an end.
fn audited(cell: vec3<u32>) -> vec3<real> {
    let s = star(cell);
    let plane = plane();
    let here = x_at(s.here);
    let along = here - x_pair(vec2<u32>(s.here - plane, s.here + plane));
    let second = here - x_pair(s.second);
    let across = here - x_pair(s.across);
    let flux = s.k_along * along;
    let outer = s.k_across * across + s.k_second * second + flux;
    y[field(s.here)] = -(outer.x + outer.y);
    let ends = (vec2<real>(real(1)) - s.exists) * flux;
    let energy = s.k_across.y * across.y * across.y + s.k_second.y * second.y * second.y + flux.y * along.y;
    return vec3<real>(energy + ends.x * along.x, -ends.x, ends.y);
}

@compute @workgroup_size(32, 4, 2)
fn audit(
    @builtin(global_invocation_id) thread: vec3<u32>, @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
) {
    let cell = entered(thread, params.planes);
    var own = vec3<real>();
    if inside(cell) { own = audited(cell); }
    shares[lane] = own;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half { shares[lane] += shares[lane + half]; }
        workgroupBarrier();
    }
    if lane == 0u {
        let at = 3u * ((group.z * groups.y + group.y) * groups.x + group.x);
        for (var i = 0u; i < 3u; i++) { sums[at + i] = shares[0][i]; }
    }
}
