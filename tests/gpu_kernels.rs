//! Do kernels run right and in order, and are wrong ones refused, on the device at hand?

use bytemuck::{Pod, Zeroable};
use voxion::gpu::{Buffer, Gpu, GpuError, Grid, Kernel, LANES, Precision, Selection};

fn open() -> Gpu {
    Gpu::open(&Selection::Best).expect("device tests need a GPU or lavapipe")
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    count: u32,
    factor: f32,
}

/// `y += factor * x + 1 / 3`, a sum of squares by workgroups, and marks that show which threads ran.
const KERNELS: &str = "
    struct Params { count: u32, factor: f32 }
    var<immediate> params: Params;
    @group(0) @binding(0) var<storage> x: array<real>;
    @group(0) @binding(1) var<storage, read_write> y: array<real>;
    @group(0) @binding(2) var<storage, read_write> marks: array<u32>;

    @compute @workgroup_size(LANES)
    fn axpy(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
        let i = line_index(thread, groups);
        if i < params.count {
            y[i] += real(params.factor) * x[i] + real(1) / real(3);
        }
    }

    @compute @workgroup_size(LANES)
    fn squares(
        @builtin(global_invocation_id) thread: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>,
        @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32,
    ) {
        let i = line_index(thread, groups);
        var value = real(0);
        if i < params.count { value = x[i] * x[i]; }
        let total = workgroup_sum(value, lane);
        let g = line_group(group, groups);
        if lane == 0u && g < arrayLength(&y) { y[g] = total; }
    }

    @compute @workgroup_size(LANES)
    fn mark(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
        let i = line_index(thread, groups);
        if i < params.count { marks[i] += i + 1u; }
    }

    @compute @workgroup_size(8, 8)
    fn mark_plane(@builtin(global_invocation_id) thread: vec3<u32>) {
        marks[thread.x + 16u * thread.y] = params.count;
    }";

fn kernel(gpu: &Gpu, entry: &str, precision: Precision) -> Kernel {
    gpu.kernel(KERNELS, entry, precision).unwrap()
}

fn params(count: usize, factor: f32) -> Params {
    Params {
        count: u32::try_from(count).unwrap(),
        factor,
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_copies_keep_their_place_in_the_order() {
    let gpu = open();
    let axpy = kernel(&gpu, "axpy", Precision::F32);
    let x = gpu.upload(&[0.0_f32; 8]).unwrap();
    let y = gpu.upload(&[1.0_f32; 8]).unwrap();
    let old = gpu.zeros::<f32>(8).unwrap();
    gpu.copy(&y, 2..6, &old, 1).unwrap();
    gpu.launch(
        &axpy,
        Grid::Line(8),
        &[x.binding(), y.binding()],
        &params(8, 1.0),
    )
    .unwrap();
    gpu.copy(&y, ..1, &old, 7).unwrap();
    let third = 1.0_f32 + 1.0 / 3.0;
    assert_eq!(
        gpu.download(&old, ..).unwrap(),
        [0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, third]
    );
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_one_text_serves_both_precisions() {
    let gpu = open();
    let values = (0..1000_u16).map(|i| f32::from(i) * 0.7 - 300.0);
    let expected: Vec<f64> = values
        .clone()
        .map(|x| 2.5 * f64::from(x) + 1.0 / 3.0)
        .collect();
    let error = |y: Vec<f64>| {
        let each = y
            .iter()
            .zip(&expected)
            .map(|(a, b)| (a - b).abs() / (1.0 + b.abs()));
        each.fold(0.0, f64::max)
    };

    let single: Vec<f32> = values.clone().collect();
    let single = axpy(&gpu, &single, Precision::F32)
        .into_iter()
        .map(f64::from)
        .collect();
    let double: Vec<f64> = values.map(f64::from).collect();
    let double = axpy(&gpu, &double, Precision::F64);
    let (single, double) = (error(single), error(double));
    assert!(
        single < 1e-6 && single > 1e-9,
        "rounding of f32: {single:e}"
    );
    assert!(double < 1e-15, "rounding of f64: {double:e}");
}

fn axpy<T: Pod>(gpu: &Gpu, x: &[T], precision: Precision) -> Vec<T> {
    let axpy = kernel(gpu, "axpy", precision);
    let (x, y) = (gpu.upload(x).unwrap(), gpu.zeros::<T>(x.len()).unwrap());
    let grid = Grid::Line(x.len());
    gpu.launch(
        &axpy,
        grid,
        &[x.binding(), y.binding()],
        &params(x.len(), 2.5),
    )
    .unwrap();
    gpu.download(&y, ..).unwrap()
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_sums_have_the_same_bits_in_every_run() {
    let gpu = open();
    let x: Vec<f32> = (0..1_000_000)
        .map(|i: u32| (i as f32 * 0.618_034).fract() - 0.5)
        .collect();
    let exact: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    let x = gpu.upload(&x).unwrap();
    let first = sum_of_squares(&gpu, &x);
    for _ in 0..5 {
        assert_eq!(sum_of_squares(&gpu, &x).to_bits(), first.to_bits());
    }
    assert!((first - exact).abs() < 1e-7 * exact, "{first} {exact}");

    let mut perturbed = gpu.download(&x, ..).unwrap();
    perturbed[123_456] += 0.25;
    let perturbed = sum_of_squares(&gpu, &gpu.upload(&perturbed).unwrap());
    assert!(
        (perturbed - exact).abs() > 1e-7 * exact,
        "a wrong value must be seen"
    );
}

/// Partial sums on the device, finished in f64 on the host.
fn sum_of_squares(gpu: &Gpu, x: &Buffer<f32>) -> f64 {
    let squares = kernel(gpu, "squares", Precision::F32);
    let partial = gpu.zeros::<f32>(x.len().div_ceil(LANES)).unwrap();
    let grid = Grid::Line(x.len());
    gpu.launch(
        &squares,
        grid,
        &[x.binding(), partial.binding()],
        &params(x.len(), 0.0),
    )
    .unwrap();
    gpu.download(&partial, ..)
        .unwrap()
        .into_iter()
        .map(f64::from)
        .sum()
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_line_longer_than_one_dimension_visits_each_index_once() {
    let gpu = open();
    let count = LANES * 65_536 + 1;
    let mark = kernel(&gpu, "mark", Precision::F32);
    let marks = gpu.zeros::<u32>(count).unwrap();
    gpu.launch(
        &mark,
        Grid::Line(count),
        &[marks.binding()],
        &params(count, 0.0),
    )
    .unwrap();
    let seen = gpu.download(&marks, ..).unwrap();
    assert!(seen.into_iter().eq(1..=u32::try_from(count).unwrap()));
    drop(marks);

    let ones = gpu.upload(&vec![1.0_f32; count]).unwrap();
    assert_eq!(sum_of_squares(&gpu, &ones), count as f64);
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_box_visits_each_cell() {
    let gpu = open();
    let plane = kernel(&gpu, "mark_plane", Precision::F32);
    let marks = gpu.zeros::<u32>(16 * 16).unwrap();
    gpu.launch(
        &plane,
        Grid::Box([16, 9, 1]),
        &[marks.binding()],
        &params(7, 0.0),
    )
    .unwrap();
    assert_eq!(gpu.download(&marks, ..).unwrap(), [7; 256]);
    let line = gpu.launch(&plane, Grid::Line(16), &[marks.binding()], &params(7, 0.0));
    assert!(
        matches!(
            line,
            Err(GpuError::NotALine {
                workgroup: [8, 8, 1],
                ..
            })
        ),
        "{line:?}"
    );
    let wide = Grid::Groups([65_536, 1, 1]);
    let wide = gpu.launch(&plane, wide, &[marks.binding()], &params(7, 0.0));
    assert!(
        matches!(wide, Err(GpuError::Grid { limit: 65_535, .. })),
        "{wide:?}"
    );
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_many_launches_are_batched_in_order() {
    let gpu = open();
    let axpy = kernel(&gpu, "axpy", Precision::F32);
    let (x, y) = (
        gpu.upload(&[2.0_f32]).unwrap(),
        gpu.upload(&[0.0_f32]).unwrap(),
    );
    let mut expected = 0.0_f32;
    for _ in 0..500 {
        gpu.launch(
            &axpy,
            Grid::Line(1),
            &[x.binding(), y.binding()],
            &params(1, 1.0),
        )
        .unwrap();
        gpu.launch(
            &axpy,
            Grid::Line(1),
            &[y.binding(), x.binding()],
            &params(1, -0.5),
        )
        .unwrap();
    }
    let mut other = 2.0_f32;
    for _ in 0..500 {
        expected += other + 1.0 / 3.0;
        other += -0.5 * expected + 1.0 / 3.0;
    }
    let got = gpu.download(&y, ..).unwrap()[0];
    assert!(
        (got - expected).abs() < 1e-3 * (1.0 + expected.abs()),
        "{got} {expected}"
    );
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_wrong_kernel_or_launch_is_told_and_survived() {
    let gpu = open();
    let wrong = gpu
        .kernel("fn f() -> u32 { return nothing; }", "f", Precision::F32)
        .unwrap_err();
    assert!(wrong.to_string().contains("nothing"), "{wrong}");
    // Valid WGSL that the device refuses: more threads than a workgroup may have.
    let wide = KERNELS.replacen("LANES", "1048576", 1);
    let wrong = gpu.kernel(&wide, "axpy", Precision::F32).unwrap_err();
    assert!(matches!(wrong, GpuError::Kernel { .. }), "{wrong}");

    let axpy = kernel(&gpu, "axpy", Precision::F32);
    let x = gpu.upload(&[1.0_f32]).unwrap();
    let few = gpu.launch(&axpy, Grid::Line(1), &[x.binding()], &params(1, 1.0));
    assert!(
        matches!(
            few,
            Err(GpuError::Launch {
                expected: 2,
                given: 1,
                ..
            })
        ),
        "{few:?}"
    );
    let bare = gpu.launch(&axpy, Grid::Line(1), &[x.binding(); 2], &());
    assert!(
        matches!(
            bare,
            Err(GpuError::Launch {
                expected: 8,
                given: 0,
                ..
            })
        ),
        "{bare:?}"
    );

    // One buffer read and written in one dispatch: the device refuses it when the batch ends.
    let twice = gpu.launch(&axpy, Grid::Line(1), &[x.binding(); 2], &params(1, 1.0));
    let refused = twice.and_then(|()| gpu.finish()).unwrap_err();
    assert!(matches!(refused, GpuError::Validation { .. }), "{refused}");
    assert_eq!(gpu.download(&x, ..).unwrap(), [1.0]);
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_lost_device_is_an_error_everywhere() {
    let gpu = open();
    let axpy = kernel(&gpu, "axpy", Precision::F32);
    let (x, y) = (
        gpu.upload(&[1.0_f32]).unwrap(),
        gpu.upload(&[1.0_f32]).unwrap(),
    );
    gpu.launch(
        &axpy,
        Grid::Line(1),
        &[x.binding(), y.binding()],
        &params(1, 1.0),
    )
    .unwrap();
    gpu.destroy();
    let lost = |result: Result<(), GpuError>| matches!(result, Err(GpuError::Lost { .. }));
    assert!(lost(gpu.finish()));
    assert!(lost(gpu.download(&y, ..).map(drop)));
    assert!(lost(gpu.write(&y, 0, &[0.0])));
    assert!(lost(gpu.copy(&x, .., &y, 0)));
    assert!(lost(gpu.zeros::<f32>(1).map(drop)));
    assert!(lost(gpu.kernel(KERNELS, "axpy", Precision::F32).map(drop)));
    let again = gpu.launch(
        &axpy,
        Grid::Line(1),
        &[x.binding(), y.binding()],
        &params(1, 1.0),
    );
    assert!(lost(again));
    let other = open();
    assert_eq!(
        axpy_of_one(&other),
        1.0 + 1.0 / 3.0,
        "another device is not touched"
    );
}

fn axpy_of_one(gpu: &Gpu) -> f32 {
    axpy(gpu, &[0.4_f32], Precision::F32)[0]
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_two_devices_and_two_threads_on_one() {
    let shared = open();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                (0..20).for_each(|_| assert!((axpy_of_one(&shared) - 4.0 / 3.0).abs() < 1e-6))
            });
            scope.spawn(|| assert!((axpy_of_one(&open()) - 4.0 / 3.0).abs() < 1e-6));
        }
    });
}
