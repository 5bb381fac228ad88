// The seven-point operator on one slab of voxels: conductances from codes, differences before sums. Codes carry a ghost
// plane on either side always, fields only where a field is cut; places are counted as codes are.

struct Params {
    // The slab, its first plane, planes of the volume, voxels of codes before those of a field.
    columns: u32, rows: u32, planes: u32, begin: u32, depth: u32, shift: u32,
    // Codes that occur, and whether the second and third axis wrap round.
    kinds: u32, periodic: u32,
    // The damping, or the stretch of a correction, as the sum of two f32.
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

const DEAD: u32 = 0u;
const NO_LAYER: u32 = 255u;

// A voxel, its neighbours before and behind along the three axes, the conductances towards them, and 1 where the planes
// before and behind hold unknowns; fields are 0 where they do not.
struct Star {
    here: u32, along: vec2<u32>, second: vec2<u32>, across: vec2<u32>,
    k_along: vec2<real>, k_second: vec2<real>, k_across: vec2<real>,
    exists: vec2<real>,
}

fn factor() -> real { return real(params.factor_high) + real(params.factor_low); }
fn byte(word: u32, place: u32) -> u32 { return (word >> (8u * (place & 3u))) & 255u; }
fn code(place: u32) -> u32 { return byte(codes[place >> 2u], place); }

// Conductances of an axis between code `a` and those at two places, 0 where there is no face.
fn conductances(axis: u32, a: u32, places: vec2<u32>, faces: vec2<bool>) -> vec2<real> {
    let row = (axis * params.kinds + a) * params.kinds;
    let k = vec2<real>(tables[row + code(places.x)], tables[row + code(places.y)]);
    return select(vec2<real>(), k, faces);
}

fn inside(cell: vec3<u32>) -> bool { return all(cell < vec3<u32>(params.columns, params.rows, params.planes)); }
fn place(cell: vec3<u32>) -> u32 { return ((cell.z + 1u) * params.rows + cell.y) * params.columns + cell.x; }

fn star(cell: vec3<u32>) -> Star {
    let n = params.columns;
    let plane = params.rows * n;
    let at = vec2<u32>(place(cell));
    let z = params.begin + cell.z;
    let exists = vec2<bool>(z > 0u, z + 1u < params.depth);
    let y_faces = vec2<bool>(cell.y > 0u, cell.y + 1u < params.rows);
    let x_faces = vec2<bool>(cell.x > 0u, cell.x + 1u < n);
    let wraps = vec2<bool>(params.periodic == 1u);
    let along = vec2<u32>(at.x - plane, at.x + plane);
    var s: Star;
    s.here = at.x;
    s.along = select(at, along, exists);
    s.second = select(at + vec2<u32>(plane - n, n - plane), at + vec2<u32>(0u - n, n), y_faces);
    s.across = select(at + vec2<u32>(n - 1u, 1u - n), at + vec2<u32>(0u - 1u, 1u), x_faces);
    s.exists = select(vec2<real>(), vec2<real>(real(1)), exists);
    let a = code(s.here);
    s.k_along = conductances(0u, a, along, vec2<bool>(true));
    s.k_second = conductances(1u, a, s.second, wraps | y_faces);
    s.k_across = conductances(2u, a, s.across, wraps | x_faces);
    return s;
}

fn balance(s: Star, here: real, along: vec2<real>, second: vec2<real>, across: vec2<real>) -> real {
    let outer = s.k_across * (here - across) + s.k_second * (here - second);
    let flux = outer + s.k_along * (here - s.exists * along);
    return flux.x + flux.y;
}

// (A x) at a voxel.
fn x_at(place: u32) -> real { return x[place - params.shift]; }
fn x_pair(places: vec2<u32>) -> vec2<real> { return vec2<real>(x_at(places.x), x_at(places.y)); }
fn applied(cell: vec3<u32>) -> real {
    if code(place(cell)) == DEAD { return real(0); }
    let s = star(cell);
    return balance(s, x_at(s.here), x_pair(s.along), x_pair(s.second), x_pair(s.across));
}

// The first sweep, v = omega D^-1 b, and (A v) at a voxel.
fn v_at(place: u32) -> real { return damped[place - params.shift] * b[place - params.shift]; }
fn v_pair(places: vec2<u32>) -> vec2<real> { return vec2<real>(v_at(places.x), v_at(places.y)); }
fn swept(s: Star) -> real { return balance(s, v_at(s.here), v_pair(s.along), v_pair(s.second), v_pair(s.across)); }

fn layer(cell: vec3<u32>) -> u32 {
    let own = place(cell) - params.rows * params.columns;
    return byte(layers[own >> 2u], own);
}
fn block(cell: vec3<u32>) -> u32 {
    let at = cell / 2u;
    return (at.z * ((params.rows + 1u) / 2u) + at.y) * ((params.columns + 1u) / 2u) + at.x;
}

// y = factor / d, 0 where a voxel has no unknown
@compute @workgroup_size(32, 4, 2)
fn damp(@builtin(global_invocation_id) cell: vec3<u32>) {
    if !inside(cell) { return; }
    let s = star(cell);
    let d = s.k_across + s.k_second + s.k_along;
    y[s.here - params.shift] = select(real(0), factor() / (d.x + d.y), d.x + d.y > real(0));
}

// y = A x
@compute @workgroup_size(32, 4, 2)
fn apply(@builtin(global_invocation_id) cell: vec3<u32>) {
    if inside(cell) { y[place(cell) - params.shift] = applied(cell); }
}

// y = b - A x
@compute @workgroup_size(32, 4, 2)
fn residual(@builtin(global_invocation_id) cell: vec3<u32>) {
    let at = place(cell) - params.shift;
    if inside(cell) { y[at] = b[at] - applied(cell); }
}

// y = P^T (b - A v) for v = omega D^-1 b; a thread per block of 2x2x2 voxels.
@compute @workgroup_size(32, 4, 2)
fn restrict_residual(@builtin(global_invocation_id) group: vec3<u32>) {
    if !inside(2u * group) { return; }
    var sums: array<real, 8>;
    for (var i = 0u; i < 8u; i++) {
        let cell = 2u * group + vec3<u32>(i & 1u, (i >> 1u) & 1u, i >> 2u);
        if inside(cell) && layer(cell) != NO_LAYER {
            sums[layer(cell)] += b[place(cell) - params.shift] - swept(star(cell));
        }
    }
    let begin = first[block(2u * group)];
    for (var i = begin; i < first[block(2u * group) + 1u]; i++) { y[i] = sums[i - begin]; }
}

// y = omega D^-1 b + factor P x
@compute @workgroup_size(32, 4, 2)
fn correct(@builtin(global_invocation_id) cell: vec3<u32>) {
    if !inside(cell) { return; }
    var value = v_at(place(cell));
    if layer(cell) != NO_LAYER { value += factor() * x[first[block(cell)] + layer(cell)]; }
    y[place(cell) - params.shift] = value;
}

// y = x + omega D^-1 (b - A x)
@compute @workgroup_size(32, 4, 2)
fn smooth_sweep(@builtin(global_invocation_id) cell: vec3<u32>) {
    let at = place(cell) - params.shift;
    if inside(cell) { y[at] = x[at] + damped[at] * (b[at] - applied(cell)); }
}
