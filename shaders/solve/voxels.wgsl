// What the kernels on voxels share: one slab of voxels, conductances from codes, differences before sums. Cells carry a ghost
// plane on either side always, fields only where a field is cut; places are counted as cells are. Volumes that are solved
// together lie one after the other, each with its own ghosts and its own table.

struct Params {
    // The slab, its first plane, planes of the volume, voxels of cells before those of a field.
    columns: u32, rows: u32, planes: u32, begin: u32, depth: u32, shift: u32,
    // Codes that occur, whether the second and third axis wrap round, volumes, and bytes of a cell.
    kinds: u32, periodic: u32, volumes: u32, width: u32,
    // The damping, or the stretch of a correction, as the sum of two f32.
    factor_high: f32, factor_low: f32,
    // Where a potential is whole and not a correction: those of the ends, a number, and where sums begin.
    inlet: f32, outlet: f32, slot: u32, base: u32,
}
var<immediate> params: Params;
// Code and layer of each voxel, four or two voxels to a word.
@group(0) @binding(0) var<storage> cells: array<u32>;
@group(0) @binding(1) var<storage> tables: array<real>;
// First unknown of each block, and the end; a plane of blocks before and behind, as cells have a plane of ghosts.
@group(0) @binding(2) var<storage> first: array<u32>;
@group(0) @binding(5) var<storage> b: array<real>;
@group(0) @binding(6) var<storage> x: array<real>;
@group(0) @binding(7) var<storage, read_write> y: array<real>;

const DEAD: u32 = 0u;

// A voxel, its neighbours before and behind along the three axes, the conductances towards them, and 1 where the planes
// before and behind hold unknowns; fields are 0 where they do not.
struct Star {
    here: u32, along: vec2<u32>, second: vec2<u32>, across: vec2<u32>,
    k_along: vec2<real>, k_second: vec2<real>, k_across: vec2<real>,
    exists: vec2<real>,
}

// The volume at work.
var<private> volume: u32;

// The voxel of a thread, or the block, within its volume, which has so many planes of them.
fn entered(thread: vec3<u32>, planes: u32) -> vec3<u32> {
    volume = thread.z / planes;
    return vec3<u32>(thread.xy, thread.z - volume * planes);
}
fn inside(cell: vec3<u32>) -> bool {
    return volume < params.volumes && all(cell < vec3<u32>(params.columns, params.rows, params.planes));
}

fn factor() -> real { return real(params.factor_high) + real(params.factor_low); }
// Three bits are the layer; a voxel of code DEAD has none.
fn cell_at(place: u32) -> u32 {
    let byte = place * params.width;
    let bits = cells[byte >> 2u] >> (8u * (byte & 3u));
    return bits & select(0xffffu, 0xffu, params.width == 1u);
}
fn code(place: u32) -> u32 { return cell_at(place) >> 3u; }
fn layer(place: u32) -> u32 { return cell_at(place) & 7u; }

// Conductances of an axis between code `a` and those at two places, 0 where there is no face.
fn conductances(axis: u32, a: u32, places: vec2<u32>, faces: vec2<bool>) -> vec2<real> {
    let row = ((3u * volume + axis) * params.kinds + a) * params.kinds;
    let k = vec2<real>(tables[row + code(places.x)], tables[row + code(places.y)]);
    return select(vec2<real>(), k, faces);
}

fn plane() -> u32 { return params.rows * params.columns; }
fn place(cell: vec3<u32>) -> u32 {
    return (volume * (params.planes + 2u) + cell.z + 1u) * plane() + cell.y * params.columns + cell.x;
}
// Where a field has what the codes have at a place.
fn field(place: u32) -> u32 { return place - params.shift - 2u * volume * plane(); }

fn star(cell: vec3<u32>) -> Star {
    let n = params.columns;
    let plane = plane();
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

// The block that holds a cell; planes are counted from the ghosts.
fn block(column: u32, row: u32, plane: u32) -> u32 {
    let blocks = (vec3<u32>(params.columns, params.rows, params.planes) + 1u) / 2u;
    return ((volume * (blocks.z + 2u) + (plane + 1u) / 2u) * blocks.y + row / 2u) * blocks.x + column / 2u;
}
// The coarse unknown of a voxel that has one.
fn unknown(cell: vec3<u32>) -> u32 {
    return first[block(cell.x, cell.y, cell.z + 1u)] + layer(place(cell));
}
