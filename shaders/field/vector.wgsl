// Vectors, number by number, on the planes that a slab owns. The numbers alpha and beta of an iteration are read from
// where the device keeps them. A vector can hold several volumes of equal length, one after the other, each with its own
// numbers; those that are not chosen stay as they are.

struct Params { offset: u32, count: u32, slot: u32, volume: u32 }
var<immediate> params: Params;

@group(0) @binding(0) var<storage> slots: array<vec2<real>>;
@group(0) @binding(1) var<storage> chosen: array<u32>;
@group(0) @binding(2) var<storage> a: array<real>;
@group(0) @binding(3) var<storage> b: array<real>;
@group(0) @binding(4) var<storage, read_write> x: array<real>;
@group(0) @binding(5) var<storage, read_write> r: array<real>;

fn number(volume: u32) -> real {
    let pair = slots[params.slot + volume];
    return pair.x + pair.y;
}

// x += a
@compute @workgroup_size(LANES)
fn add(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = line_index(thread, groups);
    if i < params.count { x[params.offset + i] += a[params.offset + i]; }
}

// The same in the volumes that are chosen.
@compute @workgroup_size(LANES)
fn add_chosen(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = line_index(thread, groups);
    if i < params.count && chosen[i / params.volume] != 0u { x[params.offset + i] += a[params.offset + i]; }
}

// x = -a in the volumes that are chosen
@compute @workgroup_size(LANES)
fn negate(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = line_index(thread, groups);
    if i < params.count && chosen[i / params.volume] != 0u { x[params.offset + i] = -a[params.offset + i]; }
}

// x = a + number x in the volumes that are chosen
@compute @workgroup_size(LANES)
fn redirect(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = line_index(thread, groups);
    if i < params.count && chosen[i / params.volume] != 0u {
        let at = params.offset + i;
        x[at] = a[at] + number(i / params.volume) * x[at];
    }
}

// x += number a, r -= number b in the volumes that are chosen
@compute @workgroup_size(LANES)
fn advance(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = line_index(thread, groups);
    if i < params.count && chosen[i / params.volume] != 0u {
        let at = params.offset + i;
        let share = number(i / params.volume);
        x[at] += share * a[at];
        r[at] -= share * b[at];
    }
}

// x += number a, if that is chosen
@compute @workgroup_size(LANES)
fn axpy(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = line_index(thread, groups);
    if i < params.count && chosen[0] != 0u { x[params.offset + i] += number(0u) * a[params.offset + i]; }
}

// x = 0
@compute @workgroup_size(LANES)
fn clear(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = line_index(thread, groups);
    if i < params.count { x[params.offset + i] = real(0); }
}
