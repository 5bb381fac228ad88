//! Do buffers keep what they are given, and do their limits hold, on the device at hand?

use voxion::gpu::{Gpu, GpuError, LimitsOverride, Selection, adapters};

fn open() -> Gpu {
    Gpu::open(&Selection::Best).expect("device tests need a GPU or lavapipe")
}

fn open_with(lowered: LimitsOverride) -> Gpu {
    Gpu::open_with(&Selection::Best, lowered).expect("device tests need a GPU or lavapipe")
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_adapters_state_their_limits() {
    let present = adapters();
    assert!(!present.is_empty());
    for info in present {
        assert!(
            !info.name.is_empty() && info.max_binding_bytes >= 128 << 20,
            "{info:?}"
        );
        assert!(
            info.workgroup.threads >= 256 && info.workgroup.groups >= 65_535,
            "{info:?}"
        );
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_buffers_return_what_they_were_given() {
    let gpu = open();
    let long: Vec<u32> = (0..5_000_000)
        .map(|i: u32| i.wrapping_mul(2_654_435_761))
        .collect();
    let buffer = gpu.upload(&long).unwrap();
    assert!(
        gpu.download(&buffer, ..).unwrap() == long,
        "more than one chunk of staging"
    );
    assert_eq!(
        gpu.download(&buffer, 4_000_000..4_000_003).unwrap(),
        long[4_000_000..4_000_003]
    );

    let odd = gpu.upload(&[1_u8, 2, 3, 4, 5, 6, 7]).unwrap();
    assert_eq!(gpu.download(&odd, 4..).unwrap(), [5, 6, 7]);
    gpu.write(&odd, 4, &[8_u8, 9, 10]).unwrap();
    assert_eq!(gpu.download(&odd, ..).unwrap(), [1, 2, 3, 4, 8, 9, 10]);

    let empty = gpu.upload::<f64>(&[]).unwrap();
    assert!(empty.is_empty() && gpu.download(&empty, ..).unwrap().is_empty());
    assert_eq!(
        gpu.download(&gpu.zeros::<f64>(3).unwrap(), ..).unwrap(),
        [0.0; 3]
    );
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_ranges_are_checked() {
    let gpu = open();
    let bytes = gpu.zeros::<u8>(10).unwrap();
    assert!(matches!(
        gpu.download(&bytes, 4..11),
        Err(GpuError::OutOfRange { end: 11, .. })
    ));
    assert!(matches!(
        gpu.download(&bytes, 3..8),
        Err(GpuError::Misaligned { start: 3, .. })
    ));
    assert!(matches!(
        gpu.write(&bytes, 8, &[0; 3]),
        Err(GpuError::OutOfRange { len: 10, .. })
    ));
    let same = gpu
        .copy(&bytes, 0..4, &bytes, 4)
        .and_then(|()| gpu.finish());
    assert!(matches!(same, Err(GpuError::Validation { .. })), "{same:?}");
    gpu.finish().unwrap();
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_lowered_limits_hold() {
    let lowered = LimitsOverride {
        max_binding_bytes: Some(4096),
        ..Default::default()
    };
    let gpu = open_with(lowered);
    assert_eq!(
        (gpu.info().max_binding_bytes, gpu.max_len::<f32>()),
        (4096, 1024)
    );
    let refused = gpu.zeros::<f32>(1025).unwrap_err();
    assert!(matches!(
        refused,
        GpuError::TooLarge {
            needed: 4100,
            limit: 4096
        }
    ));
    assert!(refused.to_string().contains("4096"), "{refused}");
    let largest = gpu.upload(&[3.0_f32; 1024]).unwrap();
    assert_eq!(gpu.download(&largest, ..).unwrap(), [3.0; 1024]);
    assert!(matches!(
        open().zeros::<f64>(usize::MAX),
        Err(GpuError::TooLarge { .. })
    ));
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_an_allocation_beyond_memory_leaves_the_device_usable() {
    let gpu = open_with(LimitsOverride {
        max_total_bytes: Some(1 << 20),
        ..Default::default()
    });
    let held = gpu.zeros::<u8>(900_000).unwrap();
    let refused = gpu.zeros::<u8>(200_000).unwrap_err();
    assert!(matches!(
        refused,
        GpuError::OutOfMemory {
            needed: 200_000,
            allocated: 900_000
        }
    ));
    let next = gpu.upload(&[1_u8; 100_000]).unwrap();
    assert_eq!(gpu.download(&next, ..).unwrap(), [1; 100_000]);
    drop((held, next));
    assert_eq!((gpu.allocated_bytes(), gpu.peak_bytes()), (0, 1_000_000));
    gpu.zeros::<u8>(1 << 20).unwrap();
}
