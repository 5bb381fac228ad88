// Every kernel starts with this text: threads of a workgroup, and where a thread of a long line stands.

// Threads of a one-dimensional workgroup: @compute @workgroup_size(LANES). Those of a box, where a kernel leaves no sums of its
// workgroups, are (WIDE, HIGH, DEEP), which an adapter chooses; they stand before this text, as the meaning of `real` does.
const LANES: u32 = 256u;

// Index of a thread in a `Grid::Line`, which is folded into rows where it needs more workgroups than one dimension
// holds. Threads past the end of the line exist: compare with the count before using the index.
fn line_index(thread: vec3<u32>, groups: vec3<u32>) -> u32 {
    return thread.x + thread.y * groups.x * LANES;
}

// Index of a workgroup in a `Grid::Line`. Workgroups past the end exist too: compare with arrayLength before writing.
fn line_group(group: vec3<u32>, groups: vec3<u32>) -> u32 {
    return group.x + group.y * groups.x;
}
