// Fourier transforms along one axis of a grid, of lengths 2^a 3^b 5^c 7^d, by Stockham's algorithm, which leaves everything in
// its natural order (C. Van Loan, Computational Frameworks for the Fast Fourier Transform, 1992, sec. 1.7). A workgroup
// transforms as many columns side by side as it has room for, and touches global memory once for reading and once for writing.

struct Params {
    // Length of a transform; of an array [outer][points][inner]; columns of a workgroup.
    points: u32, inner: u32, outer: u32, width: u32,
    // -1 forward, 1 back.
    sign: f32,
}
var<immediate> params: Params;

// exp(2 pi i k / points)
@group(0) @binding(0) var<storage> roots: array<vec2<real>>;
// Real lines, `points` numbers each.
@group(0) @binding(1) var<storage, read_write> lines: array<real>;
// For real lines the first `points / 2 + 1` coefficients of each: the others are their conjugates.
@group(0) @binding(2) var<storage, read_write> spectrum: array<vec2<real>>;

// The twin of `fourier::ROOM`.
const ROOM: u32 = 1024u;
// Columns [point][column] before and after a stage, by turns.
var<workgroup> room: array<vec2<real>, 2u * ROOM>;

fn times(a: vec2<real>, b: vec2<real>) -> vec2<real> {
    return vec2<real>(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}
fn root(k: u32) -> vec2<real> { return vec2<real>(roots[k].x, real(params.sign) * roots[k].y); }

// A butterfly of four: the stage that joins transforms of `done` points to transforms of `4 done`.
fn join_four(butterfly: u32, done: u32, source: u32) {
    let width = params.width;
    let step = params.points / 4u;
    let j = butterfly / width;
    let phase = j % done * (step / done);
    let stride = step * width;
    let start = source + butterfly;
    let a = room[start];
    let b = times(room[start + stride], root(phase));
    let c = times(room[start + 2u * stride], root(2u * phase));
    let d = times(room[start + 3u * stride], root(3u * phase));
    let turned = real(params.sign) * vec2<real>(d.y - b.y, b.x - d.x);
    let first = ROOM - source + (j / done * 4u * done + j % done) * width + butterfly % width;
    room[first] = a + c + (b + d);
    room[first + done * width] = a - c + turned;
    room[first + 2u * done * width] = a + c - (b + d);
    room[first + 3u * done * width] = a - c - turned;
}

// One number behind a stage of any radix.
fn join(number: u32, radix: u32, done: u32, source: u32) {
    let n = params.points;
    let width = params.width;
    let place = number / width;
    let span = radix * done;
    let phase = place % span * (n / span);
    let start = source + (place / span * done + place % done) * width + number % width;
    var sum = room[start];
    for (var q = 1u; q < radix; q++) {
        sum += times(room[start + q * (n / radix) * width], root(q * phase % n));
    }
    room[ROOM - source + number] = sum;
}

fn radix_of(rest: u32) -> u32 {
    if rest % 4u == 0u { return 4u; }
    if rest % 2u == 0u { return 2u; }
    if rest % 3u == 0u { return 3u; }
    if rest % 5u == 0u { return 5u; }
    return 7u;
}

// Transforms the columns that begin at 0 in the room; returns where the results begin. To be called by all threads.
fn transform(lane: u32) -> u32 {
    let count = params.points * params.width;
    var source = 0u;
    var done = 1u;
    while done < params.points {
        let radix = radix_of(params.points / done);
        workgroupBarrier();
        if radix == 4u {
            for (var i = lane; i < count / 4u; i += LANES) { join_four(i, done, source); }
        } else {
            for (var i = lane; i < count; i += LANES) { join(i, radix, done, source); }
        }
        source = ROOM - source;
        done *= radix;
    }
    workgroupBarrier();
    return source;
}

// spectrum[outer][points][inner], in place.
@compute @workgroup_size(LANES)
fn transform_columns(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let width = params.width;
    let across = (params.inner + width - 1u) / width;
    let at = line_group(group, groups);
    let column = at % across * width;
    let first = at / across * params.points * params.inner + column;
    let used = select(0u, min(width, params.inner - column), at / across < params.outer);
    for (var i = lane; i < params.points * width; i += LANES) {
        if i % width < used { room[i] = spectrum[first + i / width * params.inner + i % width]; }
    }
    let result = transform(lane);
    for (var i = lane; i < params.points * width; i += LANES) {
        if i % width < used { spectrum[first + i / width * params.inner + i % width] = room[result + i]; }
    }
}
