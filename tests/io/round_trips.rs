//! Every format, every sample type: what was written is what is read.

use crate::files::{
    assert_holds, cast, check, folder, labelled, npy, npy_header, one_bit_tiff, read_path,
    write_png_slices,
};
use ndarray::{Array3, ShapeBuilder};
use npyz::WriterBuilder;
use std::{fs, path::Path};
use voxion::io::{ELEMENT_SIZE_ATTRIBUTE, VOXEL_SIZE_ATTRIBUTE, VolumeSource, read};

const SMALL: [i64; 3] = [0, 85, 170];
const SIGNED: [i64; 3] = [-100, 0, 101];

fn write_hdf5<T: hdf5::H5Type>(path: &Path, samples: &Array3<T>) {
    let file = hdf5::File::create(path).unwrap();
    let group = file.create_group("scan").unwrap();
    group
        .new_dataset_builder()
        .with_data(samples)
        .create("image")
        .unwrap();
}

#[test]
fn hdf5_of_every_sample_type() {
    let folder = folder();
    let path = folder.path().join("a.h5");
    let source = VolumeSource::new(&path).with_dataset("scan/image");
    let check = |labels: &[i64], words: &str, write: &dyn Fn(&Array3<i64>)| {
        check(&source, labels, words, write);
        assert_eq!(
            read(&source).unwrap().dataset.as_deref(),
            Some("/scan/image")
        );
    };
    check(&SMALL, "HDF5 uint8", &|v| write_hdf5(&path, &cast::<u8>(v)));
    check(&SIGNED, "HDF5 int8", &|v| write_hdf5(&path, &cast::<i8>(v)));
    check(&[3, 300], "HDF5 uint16", &|v| {
        write_hdf5(&path, &cast::<u16>(v))
    });
    check(&[-300, 300], "HDF5 int16", &|v| {
        write_hdf5(&path, &cast::<i16>(v))
    });
    check(&[0, 1 << 31], "HDF5 uint32", &|v| {
        write_hdf5(&path, &cast::<u32>(v))
    });
    check(&[-70000, 1], "HDF5 int32", &|v| {
        write_hdf5(&path, &cast::<i32>(v))
    });
    check(&[0, 1 << 40], "HDF5 uint64", &|v| {
        write_hdf5(&path, &cast::<u64>(v))
    });
    check(&[i64::MIN, i64::MAX], "HDF5 int64", &|v| {
        write_hdf5(&path, v)
    });
    check(&[0, 1], "HDF5 bool", &|v| {
        write_hdf5(&path, &v.mapv(|label| label == 1))
    });
    check(&SIGNED, "HDF5 float32", &|v| {
        write_hdf5(&path, &cast::<i16>(v).mapv(f32::from))
    });
    check(&SIGNED, "HDF5 float64", &|v| {
        write_hdf5(&path, &cast::<i16>(v).mapv(f64::from))
    });
}

#[test]
fn hdf5_in_chunks_that_do_not_divide_the_shape() {
    let folder = folder();
    for (name, chunk) in [
        ("small", (2, 4, 3)),
        ("plane", (1, 6, 7)),
        ("all", (5, 6, 7)),
    ] {
        let path = folder.path().join(name).with_extension("h5");
        let volume = labelled(&SMALL);
        let builder = hdf5::File::create(&path)
            .unwrap()
            .new_dataset_builder()
            .chunk(chunk);
        builder
            .shuffle()
            .deflate(4)
            .with_data(&cast::<u8>(&volume))
            .create("image")
            .unwrap();
        assert_holds(&read_path(&path).unwrap(), &volume);
    }
}

#[test]
fn hdf5_larger_than_one_block() {
    let folder = folder();
    let path = folder.path().join("a.h5");
    let volume = Array3::from_shape_fn((37, 400, 500), |(z, y, x)| {
        u8::try_from((z ^ y ^ x) % 5).unwrap()
    });
    let file = hdf5::File::create(&path).unwrap();
    let builder = file.new_dataset_builder().chunk((16, 60, 70)).deflate(1);
    builder.with_data(&volume).create("image").unwrap();
    drop(file);
    let reading = read_path(&path).unwrap();
    assert_eq!(reading.volume.codes(), &volume);
}

#[test]
fn hdf5_without_a_path_takes_the_only_volume_of_integers() {
    let folder = folder();
    let path = folder.path().join("result.h5");
    let volume = labelled(&SMALL);
    let file = hdf5::File::create(&path).unwrap();
    let group = file.create_group("voxion").unwrap();
    group
        .new_dataset_builder()
        .with_data(&cast::<u8>(&volume))
        .create("labels")
        .unwrap();
    group
        .new_dataset_builder()
        .with_data(&volume.mapv(|l| l as f64))
        .create("phi")
        .unwrap();
    group
        .new_dataset_builder()
        .with_data(&[1, 2, 3])
        .create("list")
        .unwrap();
    // A second name for the labels, and a cycle of groups, are no second volume.
    file.link_hard("/voxion/labels", "/again").unwrap();
    file.link_hard("/voxion", "/voxion/cycle").unwrap();
    drop((group, file));
    let reading = read_path(&path).unwrap();
    assert_holds(&reading, &volume);
    assert!(matches!(
        reading.dataset.as_deref(),
        Some("/again" | "/voxion/labels")
    ));
}

#[test]
fn hdf5_attributes_give_the_voxel_size() {
    let folder = folder();
    let path = folder.path().join("a.h5");
    for (name, value, expected) in [
        (
            VOXEL_SIZE_ATTRIBUTE,
            vec![1e-7, 2e-7, 3e-7],
            Some([1e-7, 2e-7, 3e-7]),
        ),
        (
            ELEMENT_SIZE_ATTRIBUTE,
            vec![0.5, 0.25, 0.25],
            Some([0.5e-6, 0.25e-6, 0.25e-6]),
        ),
        (VOXEL_SIZE_ATTRIBUTE, vec![0.0, 1.0, 1.0], None),
        (VOXEL_SIZE_ATTRIBUTE, vec![1e-7, 1e-7], None),
        ("Spacing", vec![1.0, 1.0, 1.0], None),
    ] {
        let file = hdf5::File::create(&path).unwrap();
        let labels = cast::<u8>(&labelled(&SMALL));
        let dataset = file
            .new_dataset_builder()
            .with_data(&labels)
            .create("image")
            .unwrap();
        dataset
            .new_attr_builder()
            .with_data(&value)
            .create(name)
            .unwrap();
        drop((dataset, file));
        assert_eq!(
            read_path(&path).unwrap().volume.spacing(),
            expected,
            "{name} {value:?}"
        );
    }
}

#[test]
fn npy_of_every_sample_type() {
    fn write<T: npyz::AutoSerialize + Clone>(path: &Path, samples: &Array3<T>) {
        let file = fs::File::create(path).unwrap();
        let options = npyz::WriteOptions::new()
            .default_dtype()
            .shape(&[5, 6, 7])
            .writer(file);
        let mut writer = options.begin_nd().unwrap();
        writer.extend(samples.iter().cloned()).unwrap();
        writer.finish().unwrap();
    }
    let folder = folder();
    let path = folder.path().join("a.npy");
    let source = VolumeSource::new(&path);
    let check = |labels: &[i64], words: &str, write: &dyn Fn(&Array3<i64>)| {
        check(&source, labels, words, write);
    };
    check(&[0, 1], "NPY bool", &|v| {
        write(&path, &v.mapv(|label| label == 1))
    });
    check(&SMALL, "NPY uint8", &|v| write(&path, &cast::<u8>(v)));
    check(&SIGNED, "NPY int8", &|v| write(&path, &cast::<i8>(v)));
    check(&[3, 300], "NPY uint16", &|v| write(&path, &cast::<u16>(v)));
    check(&SIGNED, "NPY int16", &|v| write(&path, &cast::<i16>(v)));
    check(&SMALL, "NPY uint32", &|v| write(&path, &cast::<u32>(v)));
    check(&SIGNED, "NPY int32", &|v| write(&path, &cast::<i32>(v)));
    check(&SMALL, "NPY uint64", &|v| write(&path, &cast::<u64>(v)));
    check(&[i64::MIN, 5, i64::MAX], "NPY int64", &|v| write(&path, v));
    check(&SIGNED, "NPY float32", &|v| {
        write(&path, &cast::<i16>(v).mapv(f32::from))
    });
    check(&SIGNED, "NPY float64", &|v| {
        write(&path, &cast::<i16>(v).mapv(f64::from))
    });
}

#[test]
fn npy_of_other_byte_and_axis_order() {
    let folder = folder();
    let path = folder.path().join("a.npy");
    let source = VolumeSource::new(&path);
    let check = |labels: &[i64], words: &str, write: &dyn Fn(&Array3<i64>)| {
        check(&source, labels, words, write);
    };
    check(&[3, 300], "NPY uint16", &|v| {
        let big_endian: Vec<u8> = cast::<u16>(v)
            .iter()
            .flat_map(|s| s.to_be_bytes())
            .collect();
        fs::write(
            &path,
            npy(&npy_header(">u2", "False", "(5, 6, 7)"), &big_endian),
        )
        .unwrap();
    });
    check(&SMALL, "NPY uint8", &|v| {
        let mut fortran = Array3::<u8>::zeros((5, 6, 7).f());
        fortran.assign(&cast::<u8>(v));
        let data = fortran.as_slice_memory_order().unwrap();
        fs::write(&path, npy(&npy_header("|u1", "True", "(5, 6, 7)"), data)).unwrap();
    });
}

#[test]
fn raw_with_its_shape() {
    let folder = folder();
    let volume = labelled(&SMALL);
    for name in ["a.raw", "a.bin"] {
        let path = folder.path().join(name);
        fs::write(&path, cast::<u8>(&volume).as_slice().unwrap()).unwrap();
        let reading = read(&VolumeSource::new(&path).with_shape([5, 6, 7])).unwrap();
        assert_holds(&reading, &volume);
        assert_eq!(reading.file_type, "raw uint8");
    }
}

#[test]
fn a_file_without_ending_is_known_by_its_signature() {
    let folder = folder();
    let volume = labelled(&[0, 1]);
    for (name, bytes) in [
        ("tiff", one_bit_tiff(&volume, false)),
        ("npy", {
            let data = cast::<u8>(&volume).into_raw_vec_and_offset().0;
            npy(&npy_header("|u1", "False", "(5, 6, 7)"), &data)
        }),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        assert_holds(&read_path(&path).unwrap(), &volume);
    }
}

#[test]
fn the_checksum_is_that_of_the_bytes() {
    let folder = folder();
    let path = folder.path().join("abc.raw");
    fs::write(&path, "abc").unwrap();
    let reading = read(&VolumeSource::new(&path).with_shape([1, 1, 3])).unwrap();
    let published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(reading.sha256, published);

    let slices = write_png_slices(
        folder.path(),
        &labelled(&SMALL),
        png::ColorType::Grayscale,
        png::BitDepth::Eight,
    );
    let joined: Vec<u8> = slices
        .iter()
        .flat_map(|slice| fs::read(slice).unwrap())
        .collect();
    let file = folder.path().join("joined.raw");
    fs::write(&file, &joined).unwrap();
    let joined = read(&VolumeSource::new(&file).with_shape([1, 1, joined.len()])).unwrap();
    assert_eq!(read_path(folder.path()).unwrap().sha256, joined.sha256);
}

/// The comparison of this file, tried on a volume that differs in one voxel.
#[test]
#[should_panic(expected = "raw uint8")]
fn one_wrong_voxel_is_noticed() {
    let folder = folder();
    let path = folder.path().join("a.raw");
    let mut volume = labelled(&SMALL);
    fs::write(&path, cast::<u8>(&volume).as_slice().unwrap()).unwrap();
    let reading = read(&VolumeSource::new(&path).with_shape([5, 6, 7])).unwrap();
    volume[(4, 5, 6)] = if volume[(4, 5, 6)] == 0 { 85 } else { 0 };
    assert_holds(&reading, &volume);
}
