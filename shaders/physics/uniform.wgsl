// The stiffness of a uniform medium in Fourier space, inverted, as src/physics/elasticity/symbol.rs has it: a thread per wave
// vector multiplies its three components. The spectrum is [z][component][y][x].

struct Params { half: u32, rows: u32, planes: u32, columns: u32 }
var<immediate> params: Params;

// Stiffness, mass and gradient of the waves along x, then y, then z.
@group(0) @binding(0) var<storage> waves: array<array<real, 3>>;
// mu, lambda + mu, one over the number of points.
@group(0) @binding(1) var<storage> constants: array<real>;
@group(0) @binding(2) var<storage, read_write> spectrum: array<vec2<real>>;

@compute @workgroup_size(32, 4, 2)
fn invert_uniform(@builtin(global_invocation_id) wave: vec3<u32>) {
    if any(wave >= vec3<u32>(params.half, params.rows, params.planes)) { return; }
    let x = waves[wave.x];
    let y = waves[params.columns + wave.y];
    let z = waves[params.columns + params.rows + wave.z];
    let mu = constants[0];
    let both = constants[1];
    let laplace = vec3<real>(x[0] * y[1] * z[1], x[1] * y[0] * z[1], x[1] * y[1] * z[0]);
    let normal = vec3<real>(mu * (laplace.x + laplace.y + laplace.z)) + both * laplace;
    // yz, xz, xy
    let shear = both * vec3<real>(y[2] * z[2] * x[1], x[2] * z[2] * y[1], x[2] * y[2] * z[1]);
    let minors = normal.yxx * normal.zzy - shear * shear;
    let mixed = shear.yxx * shear.zzy - normal * shear;
    let determinant = normal.x * minors.x + shear.z * mixed.z + shear.y * mixed.y;
    // A uniform displacement does no work.
    let factor = select(constants[2] / determinant, real(0), all(wave == vec3<u32>()));
    let plane = params.half * params.rows;
    let at = 3u * wave.z * plane + wave.y * params.half + wave.x;
    let u = spectrum[at];
    let v = spectrum[at + plane];
    let w = spectrum[at + 2u * plane];
    spectrum[at] = factor * (u * minors.x + v * mixed.z + w * mixed.y);
    spectrum[at + plane] = factor * (u * mixed.z + v * minors.y + w * mixed.x);
    spectrum[at + 2u * plane] = factor * (u * mixed.y + v * mixed.x + w * minors.z);
}
