// Forces on the nodes of trilinear hexahedra from their displacements, as src/physics/elasticity/element.rs has them: a thread
// per node, which goes through the eight elements around it. Fields are [z][component][y][x], the six mean strains or the
// sums of stresses behind, in the order xx yy zz yz xz xy.

struct Params { columns: u32, rows: u32, planes: u32 }
var<immediate> params: Params;

@group(0) @binding(0) var<storage> codes: array<u32>;
// Lame's constants (lambda, mu) of each code.
@group(0) @binding(1) var<storage> moduli: array<vec2<real>>;
// A quarter of the reciprocal spacing along x, y and z, then the inverse of the reference on mean strains, row by row, then 1
// for each mean strain that is free.
@group(0) @binding(2) var<storage> constants: array<real>;
@group(0) @binding(3) var<storage> x: array<real>;
@group(0) @binding(4) var<storage, read_write> y: array<real>;
// Sums of stresses of each workgroup, six each.
@group(0) @binding(5) var<storage, read_write> partials: array<real>;

const COMPLIANCE: u32 = 3u;
const FREE: u32 = 39u;

// A gradient or a stress, column by column: what belongs to the directions x, y and z.
struct Tensor { x: vec3<real>, y: vec3<real>, z: vec3<real> }
// Amplitudes of the products of xi, eta and zeta, each with three components.
struct Modes { x: vec3<real>, y: vec3<real>, z: vec3<real>, yz: vec3<real>, xz: vec3<real>, xy: vec3<real>, xyz: vec3<real> }

fn size() -> vec3<u32> { return vec3<u32>(params.columns, params.rows, params.planes); }
fn slopes() -> vec3<real> { return vec3<real>(constants[0], constants[1], constants[2]); }
// Where the six numbers of the cell begin.
fn tail() -> u32 { return 3u * params.columns * params.rows * params.planes; }

fn displacement(node: vec3<u32>) -> vec3<real> {
    let plane = params.columns * params.rows;
    let at = 3u * node.z * plane + node.y * params.columns + node.x;
    return vec3<real>(x[at], x[at + plane], x[at + 2u * plane]);
}

// Sums and differences of the corners.
fn modes(a: vec3<u32>) -> Modes {
    let b = select(a + 1u, vec3<u32>(), a + 1u == size());
    let c000 = displacement(a);
    let c001 = displacement(vec3<u32>(b.x, a.y, a.z));
    let c010 = displacement(vec3<u32>(a.x, b.y, a.z));
    let c011 = displacement(vec3<u32>(b.x, b.y, a.z));
    let c100 = displacement(vec3<u32>(a.x, a.y, b.z));
    let c101 = displacement(vec3<u32>(b.x, a.y, b.z));
    let c110 = displacement(vec3<u32>(a.x, b.y, b.z));
    let c111 = displacement(b);
    // Along x, the rows [z][y]; then along y and z.
    let s = array<vec3<real>, 4>(c001 + c000, c011 + c010, c101 + c100, c111 + c110);
    let d = array<vec3<real>, 4>(c001 - c000, c011 - c010, c101 - c100, c111 - c110);
    let s_y = (s[1] - s[0]);
    let s_yz = (s[3] - s[2]);
    let d_y = (d[1] - d[0]);
    let d_yz = (d[3] - d[2]);
    return Modes(
        (d[0] + d[1]) + (d[2] + d[3]), s_y + s_yz, (s[2] + s[3]) - (s[0] + s[1]),
        s_yz - s_y, (d[2] + d[3]) - (d[0] + d[1]), d_y + d_yz, d_yz - d_y,
    );
}

// Hooke's law for the symmetric part of a gradient.
fn stress(lame: vec2<real>, g: Tensor) -> Tensor {
    let pressure = lame.x * (g.x.x + g.y.y + g.z.z);
    return Tensor(
        lame.y * (g.x + vec3<real>(g.x.x, g.y.x, g.z.x)) + vec3<real>(pressure, real(0), real(0)),
        lame.y * (g.y + vec3<real>(g.x.y, g.y.y, g.z.y)) + vec3<real>(real(0), pressure, real(0)),
        lame.y * (g.z + vec3<real>(g.x.z, g.y.z, g.z.z)) + vec3<real>(real(0), real(0), pressure),
    );
}

// The mean strain of the cell as a gradient; shear strains are twice the tensor's.
fn mean_gradient() -> Tensor {
    let at = tail();
    let shear = real(0.5) * vec3<real>(x[at + 3u], x[at + 4u], x[at + 5u]);
    return Tensor(
        vec3<real>(x[at], shear.z, shear.y), vec3<real>(shear.z, x[at + 1u], shear.x), vec3<real>(shear.y, shear.x, x[at + 2u]),
    );
}

// The mean stress of an element.
fn mean_stress(lame: vec2<real>, u: Modes) -> Tensor {
    let mean = mean_gradient();
    let g = slopes();
    return stress(lame, Tensor(mean.x + g.x * u.x, mean.y + g.y * u.y, mean.z + g.z * u.z));
}

// The force of an element on its corner with these signs of xi, eta and zeta.
fn force(lame: vec2<real>, u: Modes, mean: Tensor, sign: vec3<real>) -> vec3<real> {
    let g = slopes();
    let third = g / real(3);
    let none = vec3<real>();
    // What varies along xi, eta and zeta.
    let xi = stress(lame, Tensor(none, g.y * u.xy, g.z * u.xz));
    let eta = stress(lame, Tensor(g.x * u.xy, none, g.z * u.yz));
    let zeta = stress(lame, Tensor(g.x * u.xz, g.y * u.yz, none));
    let square = third * third;
    let twist = (lame.y * (square.x + square.y + square.z) + (lame.x + lame.y) * square) * u.xyz;
    return sign.x * g.x * mean.x + sign.y * g.y * mean.y + sign.z * g.z * mean.z
        + sign.y * sign.z * (third.z * eta.z + third.y * zeta.y)
        + sign.x * sign.z * (third.z * xi.z + third.x * zeta.x)
        + sign.x * sign.y * (third.y * xi.y + third.x * eta.x)
        + sign.x * sign.y * sign.z * twist;
}
