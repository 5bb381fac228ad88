// The last levels of multigrid in one launch: a workgroup for each volume goes through a list of steps, each what a kernel of
// graph.wgsl does, on vectors that lie in `work`.

// Where the list begins in `index`, and its steps.
struct Params { program: u32, steps: u32 }
var<immediate> params: Params;

// The list, the rows and aggregates of all levels, and where each volume has its rows.
@group(0) @binding(0) var<storage> index: array<u32>;
// Weights and sites of all levels, and the dense inverses, column by column.
@group(0) @binding(1) var<storage> coefficients: array<real>;
@group(0) @binding(2) var<storage> b: array<real>;
@group(0) @binding(3) var<storage, read_write> y: array<real>;
@group(0) @binding(4) var<storage, read_write> work: array<real>;

const WORDS: u32 = 10u;

// A step: what, on which level, from where to where, with which two factors.
struct Step { kind: u32, level: u32, rhs: u32, x: u32, to: u32, factor: real, momentum: real }

fn split(at: u32) -> real {
    return real(bitcast<f32>(index[at])) + real(bitcast<f32>(index[at + 1u]));
}
fn step_at(at: u32) -> Step {
    return Step(index[at], index[at + 2u], index[at + 3u], index[at + 4u], index[at + 5u], split(at + 6u), split(at + 8u));
}

// The parts of a level, by where `index` says that they begin.
fn start(level: u32, i: u32) -> u32 { return index[index[level] + i]; }
fn column(level: u32, entry: u32) -> u32 { return index[index[level + 1u] + entry]; }
fn weight(level: u32, entry: u32) -> real { return coefficients[index[level + 2u] + entry]; }
// Leak g_i, and omega / d_i (for the terms of a polynomial 1 / d_i).
fn leak(level: u32, i: u32) -> real { return coefficients[index[level + 3u] + 2u * i]; }
fn damped(level: u32, i: u32) -> real { return coefficients[index[level + 3u] + 2u * i + 1u]; }
fn head(level: u32, i: u32) -> u32 { return index[index[level + 4u] + i]; }
fn member(level: u32, at: u32) -> u32 { return index[index[level + 5u] + at]; }
fn parent(level: u32, i: u32) -> u32 { return index[index[level + 6u] + i]; }

// (A x)_i
fn applied(level: u32, i: u32, x: u32) -> real {
    let here = work[x + i];
    var sum = leak(level, i) * here;
    for (var entry = start(level, i); entry < start(level, i + 1u); entry++) {
        sum += weight(level, entry) * (here - work[x + column(level, entry)]);
    }
    return sum;
}

// v_i = omega b_i / d_i
fn swept(s: Step, i: u32) -> real { return damped(s.level, i) * work[s.rhs + i]; }

// b_i - (A v)_i for that v.
fn residual_of_swept(s: Step, i: u32) -> real {
    let here = swept(s, i);
    var sum = leak(s.level, i) * here;
    for (var entry = start(s.level, i); entry < start(s.level, i + 1u); entry++) {
        sum += weight(s.level, entry) * (here - swept(s, column(s.level, entry)));
    }
    return work[s.rhs + i] - sum;
}

// v_i = omega b_i / d_i + factor x_parent
fn corrected(s: Step, i: u32) -> real { return swept(s, i) + s.factor * work[s.x + parent(s.level, i)]; }

fn restricted(s: Step, i: u32) -> real {
    var sum = real(0);
    for (var at = head(s.level, i); at < head(s.level, i + 1u); at++) { sum += residual_of_swept(s, member(s.level, at)); }
    return sum;
}

fn prolonged(s: Step, i: u32) -> real {
    let here = corrected(s, i);
    var sum = leak(s.level, i) * here;
    for (var entry = start(s.level, i); entry < start(s.level, i + 1u); entry++) {
        sum += weight(s.level, entry) * (here - corrected(s, column(s.level, entry)));
    }
    return here + damped(s.level, i) * (work[s.rhs + i] - sum);
}

fn term(s: Step, i: u32) -> real {
    let here = work[s.x + i];
    let before = work[s.to + i];
    return here + s.factor * damped(s.level, i) * (work[s.rhs + i] - applied(s.level, i, s.x)) + s.momentum * (here - before);
}

// (inverse b)_i of a volume whose unknowns are `rows`.
fn inverted(s: Step, i: u32, rows: vec2<u32>, volume: u32) -> real {
    let first = index[s.level + volume] + i - rows.x;
    var sum = real(0);
    for (var j = rows.x; j < rows.y; j++) {
        sum += coefficients[first + (j - rows.x) * (rows.y - rows.x)] * work[s.rhs + j];
    }
    return sum;
}

fn value(s: Step, i: u32, rows: vec2<u32>, volume: u32) -> real {
    switch s.kind {
        case 0u: { return b[i]; }
        case 1u: { return s.factor * work[s.x + i]; }
        case 2u: { return restricted(s, i); }
        case 3u: { return prolonged(s, i); }
        case 4u: { return work[s.rhs + i] - applied(s.level, i, s.x); }
        case 5u: { return work[s.to + i] + work[s.x + i]; }
        case 6u: { return inverted(s, i, rows, volume); }
        case 7u: { return term(s, i); }
        default: { return real(0); }
    }
}

@compute @workgroup_size(LANES)
fn run(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    for (var step = 0u; step < params.steps; step++) {
        let at = params.program + WORDS * step;
        let s = step_at(at);
        let volume = index[at + 1u] + group.x;
        let rows = vec2<u32>(index[volume], index[volume + 1u]);
        for (var i = rows.x + lane; i < rows.y; i += LANES) {
            let result = value(s, i, rows, group.x);
            if s.kind == 1u { y[i] = result; } else { work[s.to + i] = result; }
        }
        storageBarrier();
    }
}
