// Continues stencil.wgsl. Where a potential stands: what every voxel lacks, the dissipation, and the currents through both
// ends, each summed per workgroup. The potential has a ghost plane on either side always; outermost ones hold end values.

@group(0) @binding(8) var<storage, read_write> sums: array<real>;

// The sums of a workgroup: dissipation, current in, current out.
struct Sums { energy: real, inflow: real, outflow: real }

// y = b - A x at a voxel, and its share of the sums: faces towards the next voxels, and those that meet an end.
fn audited(cell: vec3<u32>) -> Sums {
    let s = star(cell);
    let plane = params.rows * params.columns;
    let here = x_at(s.here);
    let along = here - x_pair(vec2<u32>(s.here - plane, s.here + plane));
    let second = here - x_pair(s.second);
    let across = here - x_pair(s.across);
    let flux = s.k_along * along;
    let outer = s.k_across * across + s.k_second * second + flux;
    y[s.here - params.shift] = -(outer.x + outer.y);
    let ends = (vec2<real>(real(1)) - s.exists) * flux;
    var own: Sums;
    own.energy = s.k_across.y * across.y * across.y + s.k_second.y * second.y * second.y + flux.y * along.y;
    own.energy += ends.x * along.x;
    own.inflow = -ends.x;
    own.outflow = ends.y;
    return own;
}

@compute @workgroup_size(32, 4, 2)
fn audit(
    @builtin(global_invocation_id) cell: vec3<u32>, @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
) {
    var own = Sums();
    if inside(cell) { own = audited(cell); }
    let energy = workgroup_sum(own.energy, lane);
    let inflow = workgroup_sum(own.inflow, lane);
    let outflow = workgroup_sum(own.outflow, lane);
    if lane == 0u {
        let at = 3u * ((group.z * groups.y + group.y) * groups.x + group.x);
        sums[at] = energy;
        sums[at + 1u] = inflow;
        sums[at + 2u] = outflow;
    }
}
