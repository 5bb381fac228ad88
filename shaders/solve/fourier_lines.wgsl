// Continues fourier.wgsl. Real lines: two of them are the real and the imaginary part of one column, which works for any length.

// Number k of a line, 0 behind the last line.
fn number(line: u32, k: u32) -> real {
    if line >= params.outer { return real(0); }
    return lines[line * params.points + k];
}
fn coefficient(line: u32, k: u32, half: u32) -> vec2<real> {
    if line >= params.outer { return vec2<real>(); }
    return spectrum[line * half + k];
}

// spectrum = the transform of lines
@compute @workgroup_size(LANES)
fn forward(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let n = params.points;
    let width = params.width;
    let first = line_group(group, groups) * width;
    for (var i = lane; i < n * width; i += LANES) {
        let line = 2u * (first + i / n);
        room[i % n * width + i / n] = vec2<real>(number(line, i % n), number(line + 1u, i % n));
    }
    let result = transform(lane);
    let half = n / 2u + 1u;
    for (var i = lane; i < half * width; i += LANES) {
        let k = i % half;
        let a = room[result + k * width + i / half];
        let b = room[result + (n - k) % n * width + i / half];
        let line = 2u * (first + i / half);
        if line < params.outer {
            spectrum[line * half + k] = real(0.5) * vec2<real>(a.x + b.x, a.y - b.y);
        }
        if line + 1u < params.outer {
            spectrum[(line + 1u) * half + k] = real(0.5) * vec2<real>(a.y + b.y, b.x - a.x);
        }
    }
}

// lines = the transform of spectrum, back
@compute @workgroup_size(LANES)
fn backward(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let n = params.points;
    let width = params.width;
    let first = line_group(group, groups) * width;
    let half = n / 2u + 1u;
    for (var i = lane; i < half * width; i += LANES) {
        let k = i % half;
        let line = 2u * (first + i / half);
        var a = coefficient(line, k, half);
        var b = coefficient(line + 1u, k, half);
        if k == 0u || 2u * k == n {
            // The ends of the spectrum of real numbers are real.
            a.y = real(0);
            b.y = real(0);
        }
        room[k * width + i / half] = vec2<real>(a.x - b.y, a.y + b.x);
        room[(n - k) % n * width + i / half] = vec2<real>(a.x + b.y, b.x - a.y);
    }
    let result = transform(lane);
    for (var i = lane; i < n * width; i += LANES) {
        let line = 2u * (first + i / n);
        let value = room[result + i % n * width + i / n];
        if line < params.outer { lines[line * n + i % n] = value.x; }
        if line + 1u < params.outer { lines[(line + 1u) * n + i % n] = value.y; }
    }
}
