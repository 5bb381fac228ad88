// The seven-point operator on one slab of voxels: conductances from codes, differences before sums.
//
// Codes carry a ghost plane on either side always, fields only where a field is cut; places are counted as codes are.

struct Params {
    columns: u32, rows: u32, planes: u32,
    // First plane of the slab, and planes of the volume.
    begin: u32, depth: u32,
    // Codes less field planes below the slab, in voxels.
    shift: u32,
    // Codes that occur, and whether the second and third axis wrap round.
    kinds: u32, periodic: u32,
    // A factor, as the sum of two f32: the damping, or the stretch of a correction.
    factor_high: f32, factor_low: f32,
}
var<immediate> params: Params;

@group(0) @binding(0) var<storage> codes: array<u32>;
@group(0) @binding(1) var<storage> tables: array<real>;
@group(0) @binding(2) var<storage> damped: array<real>;
@group(0) @binding(3) var<storage> layers: array<u32>;
@group(0) @binding(4) var<storage> first: array<u32>;
@group(0) @binding(5) var<storage> b: array<real>;
@group(0) @binding(6) var<storage> x: array<real>;
@group(0) @binding(7) var<storage, read_write> y: array<real>;

const NO_LAYER: u32 = 255u;

// A voxel, its neighbours, and the conductances towards them.
struct Star {
    here: u32, west: u32, east: u32, south: u32, north: u32, below: u32, above: u32,
    to_west: real, to_east: real, to_south: real, to_north: real, to_below: real, to_above: real,
    // Whether the planes below and above hold unknowns; fields are zero where they do not.
    has_below: bool, has_above: bool,
}

fn byte(word: u32, place: u32) -> u32 { return (word >> (8u * (place & 3u))) & 255u; }

fn code(place: u32) -> u32 { return byte(codes[place >> 2u], place); }

fn conductance(axis: u32, a: u32, place: u32) -> real {
    return tables[(axis * params.kinds + a) * params.kinds + code(place)];
}

fn inside(cell: vec3<u32>) -> bool {
    return cell.x < params.columns && cell.y < params.rows && cell.z < params.planes;
}

fn star(cell: vec3<u32>) -> Star {
    let plane = params.rows * params.columns;
    let row = ((cell.z + 1u) * params.rows + cell.y) * params.columns;
    let last = vec2<bool>(cell.x + 1u == params.columns, cell.y + 1u == params.rows);
    let wraps = params.periodic == 1u;
    var s: Star;
    s.here = row + cell.x;
    s.west = select(s.here - 1u, row + params.columns - 1u, cell.x == 0u);
    s.east = select(s.here + 1u, row, last.x);
    s.south = select(s.here - params.columns, s.here + plane - params.columns, cell.y == 0u);
    s.north = select(s.here + params.columns, s.here + params.columns - plane, last.y);
    s.below = s.here - plane;
    s.above = s.here + plane;
    s.has_below = params.begin + cell.z > 0u;
    s.has_above = params.begin + cell.z + 1u < params.depth;
    let a = code(s.here);
    if wraps || cell.x > 0u { s.to_west = conductance(2u, a, s.west); }
    if wraps || !last.x { s.to_east = conductance(2u, a, s.east); }
    if wraps || cell.y > 0u { s.to_south = conductance(1u, a, s.south); }
    if wraps || !last.y { s.to_north = conductance(1u, a, s.north); }
    s.to_below = conductance(0u, a, s.below);
    s.to_above = conductance(0u, a, s.above);
    return s;
}

fn x_at(place: u32) -> real { return x[place - params.shift]; }

fn x_inside(place: u32, exists: bool) -> real {
    if exists { return x_at(place); }
    return real(0);
}

// (A x) at a voxel.
fn applied(s: Star) -> real {
    let here = x_at(s.here);
    let across = s.to_west * (here - x_at(s.west)) + s.to_east * (here - x_at(s.east));
    let second = s.to_south * (here - x_at(s.south)) + s.to_north * (here - x_at(s.north));
    let along = s.to_below * (here - x_inside(s.below, s.has_below))
        + s.to_above * (here - x_inside(s.above, s.has_above));
    return across + second + along;
}

// The first sweep, omega D^-1 b.
fn swept_at(place: u32) -> real { return damped[place - params.shift] * b[place - params.shift]; }

fn swept_inside(place: u32, exists: bool) -> real {
    if exists { return swept_at(place); }
    return real(0);
}

// b - A v at a voxel after the first sweep.
fn swept_residual(s: Star) -> real {
    let here = swept_at(s.here);
    let across = s.to_west * (here - swept_at(s.west)) + s.to_east * (here - swept_at(s.east));
    let second = s.to_south * (here - swept_at(s.south)) + s.to_north * (here - swept_at(s.north));
    let along = s.to_below * (here - swept_inside(s.below, s.has_below))
        + s.to_above * (here - swept_inside(s.above, s.has_above));
    return b[s.here - params.shift] - (across + second + along);
}

fn factor() -> real { return real(params.factor_high) + real(params.factor_low); }

// Number of a voxel among those that the slab owns.
fn own(cell: vec3<u32>) -> u32 { return (cell.z * params.rows + cell.y) * params.columns + cell.x; }

fn layer(cell: vec3<u32>) -> u32 { return byte(layers[own(cell) >> 2u], own(cell)); }

fn block(cell: vec3<u32>) -> u32 {
    let blocks = vec2<u32>(params.columns + 1u, params.rows + 1u) / 2u;
    return ((cell.z / 2u) * blocks.y + cell.y / 2u) * blocks.x + cell.x / 2u;
}

// y = factor / d, 0 where a voxel has no unknown
@compute @workgroup_size(32, 4, 2)
fn damp(@builtin(global_invocation_id) cell: vec3<u32>) {
    if !inside(cell) { return; }
    let s = star(cell);
    let sum = s.to_west + s.to_east + (s.to_south + s.to_north) + (s.to_below + s.to_above);
    var value = real(0);
    if sum > real(0) { value = factor() / sum; }
    y[s.here - params.shift] = value;
}

// y = A x
@compute @workgroup_size(32, 4, 2)
fn apply(@builtin(global_invocation_id) cell: vec3<u32>) {
    if !inside(cell) { return; }
    let s = star(cell);
    y[s.here - params.shift] = applied(s);
}

// y = b - A x
@compute @workgroup_size(32, 4, 2)
fn residual(@builtin(global_invocation_id) cell: vec3<u32>) {
    if !inside(cell) { return; }
    let s = star(cell);
    y[s.here - params.shift] = b[s.here - params.shift] - applied(s);
}

// y = P^T (b - A v) for v = omega D^-1 b; a thread per block of 2x2x2 voxels.
@compute @workgroup_size(32, 4, 2)
fn restrict_residual(@builtin(global_invocation_id) group: vec3<u32>) {
    let corner = 2u * group;
    if !inside(corner) { return; }
    var sums: array<real, 8>;
    for (var i = 0u; i < 8u; i++) {
        let cell = corner + vec3<u32>(i & 1u, (i >> 1u) & 1u, i >> 2u);
        if inside(cell) {
            let at = layer(cell);
            if at != NO_LAYER { sums[at] += swept_residual(star(cell)); }
        }
    }
    let begin = first[block(corner)];
    let end = first[block(corner) + 1u];
    for (var i = begin; i < end; i++) { y[i] = sums[i - begin]; }
}

// y = omega D^-1 b + factor P x
@compute @workgroup_size(32, 4, 2)
fn correct(@builtin(global_invocation_id) cell: vec3<u32>) {
    if !inside(cell) { return; }
    let place = ((cell.z + 1u) * params.rows + cell.y) * params.columns + cell.x;
    var value = swept_at(place);
    let at = layer(cell);
    if at != NO_LAYER { value += factor() * x[first[block(cell)] + at]; }
    y[place - params.shift] = value;
}

// y = x + omega D^-1 (b - A x)
@compute @workgroup_size(32, 4, 2)
fn smooth_sweep(@builtin(global_invocation_id) cell: vec3<u32>) {
    if !inside(cell) { return; }
    let s = star(cell);
    let at = s.here - params.shift;
    y[at] = x[at] + damped[at] * (b[at] - applied(s));
}
