//! What descriptions of TIFF stacks say: which pages are layers, channels or frames, and how large a voxel is.

use crate::{
    files::{assert_error, assert_holds, folder, labelled},
    tiff_files::{
        BIG_ENDIAN, LITTLE, Layout, Samples, TiffPage, U8, Value, layouts, plain, stack, tiff,
    },
};
use ndarray::{Array3, Axis};
use std::fs;
use voxion::io::{IoError, ReadOptions, Reading, VolumeSource, read};

fn reading(bytes: &[u8], channel: &[usize]) -> Result<Reading, IoError> {
    let folder = folder();
    let path = folder.path().join("a.tif");
    fs::write(&path, bytes).unwrap();
    let channel = channel.to_vec();
    read(&VolumeSource::new(path).with_options(ReadOptions {
        channel,
        ..ReadOptions::default()
    }))
}

/// Pages of several volumes in turn, the last fastest, the first page with a description.
fn mixed(volumes: &[&Array3<i64>], description: &str) -> Vec<u8> {
    let layers = 0..volumes[0].dim().0;
    let pages = layers.flat_map(|z| {
        volumes
            .iter()
            .map(move |v| plain(LITTLE, U8, v.index_axis(Axis(0), z)))
    });
    let mut pages: Vec<TiffPage> = pages.collect();
    pages[0] = pages[0].clone().described(description);
    tiff(LITTLE, &pages)
}

fn described(volume: &Array3<i64>, description: &str) -> Vec<u8> {
    mixed(&[volume], description)
}

const OME: &str = "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\" UUID=\"urn:uuid:1\">";

fn ome(sizes: &str, inside: &str) -> String {
    format!(
        "{OME}<Image ID=\"Image:0\"><Pixels ID=\"Pixels:0\" SizeX=\"7\" SizeY=\"6\" Type=\"uint8\" {sizes}>{inside}</Pixels></Image></OME>"
    )
}

#[test]
fn channels_are_refused_until_one_is_chosen() {
    let (first, second) = (labelled(&[0, 1]), labelled(&[5, 6, 7]));
    let imagej = "ImageJ=1.54f\nimages=10\nchannels=2\nslices=5\nhyperstack=true\n";
    let scifio = "SCIFIO=0.43\naxes=X,Y,Channel,Z\nlengths=7,6,2,5\n";
    let json = "{\"shape\": [5, 2, 6, 7], \"axes\": \"ZCYX\"}";
    let interleaved = ome(
        "DimensionOrder=\"XYCZT\" SizeZ=\"5\" SizeC=\"2\" SizeT=\"1\"",
        "<TiffData/>",
    );
    for description in [imagej, scifio, json, &interleaved] {
        let bytes = mixed(&[&first, &second], description);
        assert_error!(
            reading(&bytes, &[]),
            IoError::SeveralVolumes { .. },
            "2 channels",
            "--channel 0"
        );
        assert_error!(
            reading(&bytes, &[2]),
            IoError::NoSuchChannel { .. },
            "2 channels"
        );
        assert_holds(&reading(&bytes, &[0]).unwrap(), &first);
        let taken = reading(&bytes, &[1]).unwrap();
        assert_holds(&taken, &second);
        assert!(
            taken
                .notes
                .iter()
                .any(|note| note.contains("channel 1 of 2")),
            "{:?}",
            taken.notes
        );
    }
    // All layers of a channel before the next channel.
    let both = ndarray::concatenate(Axis(0), &[first.view(), second.view()]).unwrap();
    for description in [
        ome(
            "DimensionOrder=\"XYZCT\" SizeZ=\"5\" SizeC=\"2\" SizeT=\"1\"",
            "<TiffData/>",
        ),
        "{\"shape\": [2, 5, 6, 7], \"axes\": \"CZYX\"}".to_owned(),
        "{\"shape\": [2, 5, 6, 7]}".to_owned(),
        "ImageJ=1.54f\nimages=10\nframes=2\nslices=5\n".to_owned(),
    ] {
        let bytes = described(&both, &description);
        assert_error!(reading(&bytes, &[]), IoError::SeveralVolumes { .. }, "2 ");
        assert_holds(&reading(&bytes, &[1]).unwrap(), &second);
    }
}

#[test]
fn ome_planes_lie_where_the_description_says() {
    let volume = labelled(&[0, 1, 2]);
    // The file has its layers from the last to the first.
    let turned = volume.slice(ndarray::s![..;-1, .., ..]).to_owned();
    let planes: String = (0..5)
        .map(|z| format!("<TiffData IFD=\"{}\" FirstZ=\"{z}\"/>", 4 - z))
        .collect();
    let sizes = "DimensionOrder=\"XYZCT\" SizeZ=\"5\" SizeC=\"1\" SizeT=\"1\"";
    assert_holds(
        &reading(&described(&turned, &ome(sizes, &planes)), &[]).unwrap(),
        &volume,
    );
    let missing = planes.replace("<TiffData IFD=\"0\" FirstZ=\"4\"/>", "");
    assert_error!(
        reading(&described(&turned, &ome(sizes, &missing)), &[]),
        IoError::Contradiction { .. },
        "5 planes",
        "places 4"
    );
    let own = "<TiffData><UUID FileName=\"was.ome.tif\">urn:uuid:1</UUID></TiffData>";
    assert_holds(
        &reading(&described(&volume, &ome(sizes, own)), &[]).unwrap(),
        &volume,
    );
    let other = "<TiffData IFD=\"0\" FirstZ=\"0\"><UUID FileName=\"z1.ome.tif\">urn:uuid:2</UUID></TiffData>";
    assert_error!(
        reading(&described(&volume, &ome(sizes, other)), &[]),
        IoError::Unsupported { .. },
        "z1.ome.tif",
        "folder"
    );
    assert_error!(
        reading(&described(&volume, &ome("SizeZ=\"12\"", "")), &[]),
        IoError::Contradiction { .. },
        "12 layers",
        "5 page"
    );
    assert_error!(
        reading(&described(&volume, "<OME><broken"), &[]),
        IoError::Malformed { .. },
        "OME"
    );
}

#[test]
fn counts_that_contradict_each_other_are_both_named() {
    let volume = labelled(&[0, 1]);
    for (description, first, second) in [
        ("ImageJ=1.54f\nimages=4\nslices=4\n", "4 images", "5 page"),
        (
            "ImageJ=1.54f\nimages=40\nslices=40\n",
            "40 images",
            "5 page",
        ),
        (
            "ImageJ=1.54f\nimages=5\nchannels=2\nslices=5\n",
            "5 images",
            "2 channels x 5 slices",
        ),
        ("{\"shape\": [4, 6, 7]}", "4 images", "5 page"),
        (
            "{\"shape\": [3000000000, 3000000000, 3000000000, 6, 7]}",
            "images",
            "5 page",
        ),
    ] {
        assert_error!(
            reading(&described(&volume, description), &[]),
            IoError::Contradiction { .. },
            first,
            second
        );
    }
    for fine in [
        "ImageJ=1.54f\nimages=5\n",
        "ImageJ=1.54f\nimages=5\nframes=5\n",
        "{\"shape\": [5, 6, 7]}",
        "shape=(5, 6, 7)",
        "made by hand",
        "{\"shape\": 5}",
        "{",
    ] {
        assert_holds(&reading(&described(&volume, fine), &[]).unwrap(), &volume);
    }
}

#[test]
fn images_behind_one_directory() {
    let volume = labelled(&[0, 1, 300]);
    for layout in [LITTLE, BIG_ENDIAN] {
        let samples = Samples {
            bits: 16,
            format: 1,
        };
        let all: Vec<u8> = stack(layout, samples, &volume)
            .into_iter()
            .flat_map(|page| page.chunks.concat())
            .collect();
        let mut page = plain(layout, samples, volume.index_axis(Axis(0), 0));
        page.chunks = vec![all];
        let planes = Value::Bytes(vec![0; 5]);
        for page in [
            page.clone().described("ImageJ=1.54f\nimages=5\nslices=5\n"),
            page.clone()
                .described("{\"shape\": [5, 6, 7], \"truncated\": true}"),
            page.clone().with_value(33629, planes),
        ] {
            let found = reading(&tiff(layout, &[page]), &[]).unwrap();
            assert_holds(&found, &volume);
        }
        let more = page.described("ImageJ=1.54f\nimages=50\nslices=50\n");
        assert_error!(
            reading(&tiff(layout, &[more]), &[]),
            IoError::Contradiction { .. },
            "50 images",
            "1 page"
        );
    }
}

#[test]
fn reduced_images_and_masks_are_no_layers() {
    let volume = labelled(&[0, 1]);
    let small = plain(LITTLE, U8, ndarray::array![[7, 7]].view());
    let pages = stack(LITTLE, U8, &volume);
    for small in [
        small.clone().with(254, 1),
        small.clone().with(255, 2),
        small.with(262, 4).with(254, 4),
    ] {
        let mut pages = pages.clone();
        pages.insert(1, small.clone());
        pages.push(small);
        let found = reading(&tiff(LITTLE, &pages), &[]).unwrap();
        assert_holds(&found, &volume);
        assert!(found.notes[0].contains("2 page(s)"), "{:?}", found.notes);
    }
}

/// A stack of five layers whose first page has these tags besides.
fn sized(description: &str, per_unit: Option<[u32; 2]>, unit: u16) -> Vec<u8> {
    let mut pages = stack(LITTLE, U8, &labelled(&[0, 1]));
    let mut first = pages[0].clone().with(296, unit);
    if !description.is_empty() {
        first = first.described(description);
    }
    if let Some(per_unit) = per_unit {
        first = first
            .with_value(282, Value::Rational(per_unit))
            .with_value(283, Value::Rational(per_unit));
    }
    pages[0] = first;
    tiff(LITTLE, &pages)
}

fn size(bytes: &[u8]) -> Option<[f64; 3]> {
    let reading = reading(bytes, &[]).unwrap();
    let size = reading.voxel_size?;
    assert_eq!(reading.volume.spacing(), Some(size.metres));
    // Nanometres, rounded: what units leave behind does not matter.
    Some(size.metres.map(|edge| (edge * 1e12).round() / 1e3))
}

#[test]
fn voxel_sizes_that_descriptions_state() {
    let nm = Some([500.0, 100.0, 100.0]);
    for unit in ["um", "\\u00B5m", "micron", "\u{b5}m"] {
        let text = format!("ImageJ=1.54f\nimages=5\nslices=5\nunit={unit}\nspacing=0.5\n");
        assert_eq!(size(&sized(&text, Some([10, 1]), 1)), nm, "{unit}");
    }
    for (text, per_unit, unit) in [
        (
            "ImageJ=1.54f\nimages=5\nunit=nm\nspacing=500\n",
            [1, 100],
            1,
        ),
        // Micro-Manager: pixels per centimetre beside micrometres.
        (
            "ImageJ=1.54f\nimages=5\nunit=um\nspacing=0.5\n",
            [100_000, 1],
            3,
        ),
        (
            "ImageJ=1.54f\nimages=5\nunit=inch\nspacing=1.968503937e-5\n",
            [254_000, 1],
            2,
        ),
        (
            "{\"shape\": [5, 6, 7], \"unit\": \"um\", \"spacing\": 0.5}",
            [10, 1],
            1,
        ),
    ] {
        assert_eq!(size(&sized(text, Some(per_unit), unit)), nm, "{text}");
    }
    let physical = "SizeZ=\"5\" PhysicalSizeX=\"0.1\" PhysicalSizeY=\"100\" PhysicalSizeYUnit=\"nm\" PhysicalSizeZ=\"0.5\" PhysicalSizeZUnit=\"\u{b5}m\"";
    for (text, stated_in) in [
        (ome(physical, ""), "the OME description"),
        ("{\"shape\": [5, 6, 7], \"PhysicalSizeX\": 0.1, \"PhysicalSizeY\": 0.1, \"PhysicalSizeZ\": 0.5}".to_owned(), "the tifffile description"),
        ("SCIFIO=0.43\naxes=X,Y,Z\nlengths=7,6,5\nscales=0.1,0.1,0.5\nunits=micron,micron,micron\n".to_owned(), "the SCIFIO description"),
    ] {
        let bytes = sized(&text, None, 1);
        assert_eq!(size(&bytes), nm, "{text}");
        assert_eq!(reading(&bytes, &[]).unwrap().voxel_size.unwrap().stated_in, stated_in);
    }
}

#[test]
fn sizes_that_are_not_whole_are_told_and_not_used() {
    for (text, per_unit, unit, words) in [
        (
            "",
            Some([100_000, 1]),
            3,
            "0.1 x 0.1 um, but not the distance of the layers",
        ),
        (
            "",
            Some([300, 1]),
            2,
            "84.6667 x 84.6667 um, the resolution of a picture",
        ),
        (
            "ImageJ=1.54f\nimages=5\nunit=um\n",
            Some([10, 1]),
            1,
            "0.1 x 0.1 um, but not the distance",
        ),
    ] {
        let found = reading(&sized(text, per_unit, unit), &[]).unwrap();
        assert_eq!(found.voxel_size, None);
        assert_eq!(found.volume.spacing(), None);
        assert!(
            found.notes.iter().any(|note| note.contains(words)),
            "{:?}",
            found.notes
        );
    }
    for (text, per_unit, unit) in [
        (
            "ImageJ=1.54f\nimages=5\nunit=pixel\nspacing=2\n",
            Some([1, 1]),
            1,
        ),
        ("", Some([1, 1]), 1),
        ("", Some([0, 0]), 3),
        ("", None, 2),
    ] {
        let found = reading(&sized(text, per_unit, unit), &[]).unwrap();
        assert_eq!((found.voxel_size, found.notes), (None, vec![]), "{text}");
    }
    let large = "ImageJ=1.54f\nimages=5\nunit=inch\nspacing=0.01\n";
    let found = reading(&sized(large, Some([100, 1]), 2), &[]).unwrap();
    assert!(
        found
            .notes
            .iter()
            .any(|note| note.contains("254 x 254 x 254 um") && note.contains("large")),
        "{:?}",
        found.notes
    );
}

#[test]
fn sizes_that_contradict_each_other_are_both_named() {
    let text = ome(
        "SizeZ=\"5\" PhysicalSizeX=\"0.1\" PhysicalSizeY=\"0.1\" PhysicalSizeZ=\"0.5\"",
        "",
    );
    let bytes = sized(&text, Some([50_000, 1]), 3);
    assert_error!(
        reading(&bytes, &[]),
        IoError::Contradiction { .. },
        "0.5 x 0.1 x 0.1 um",
        "0.2 x 0.2 um"
    );
    let folder = folder();
    let path = folder.path().join("a.tif");
    fs::write(&path, &bytes).unwrap();
    let source = VolumeSource::new(&path).with_voxel_size(Some([1e-6; 3]));
    assert!(read(&source).is_ok(), "the voxel size given decides");
    assert!(size(&sized(&text, Some([100_000, 1]), 3)).is_some());
    assert!(
        size(&sized(&text, Some([72, 1]), 2)).is_some(),
        "the resolution of a screen is no contradiction"
    );
}

/// A Zeiss LSM record: sizes as integers, edges in metres.
fn lsm_record(layout: Layout) -> Vec<u8> {
    let mut record: Vec<u8> = [0, 500, 7, 6, 5, 1, 1, 0, 0, 0]
        .into_iter()
        .flat_map(|n| layout.number(n, 4))
        .collect();
    for edge in [1e-7f64, 1e-7, 5e-7] {
        record.extend(layout.number(edge.to_bits(), 8));
    }
    record
}

#[test]
fn records_of_microscopes() {
    for layout in layouts() {
        let mut pages = stack(layout, U8, &labelled(&[0, 1]));
        pages[0] = pages[0]
            .clone()
            .with_value(34412, Value::Bytes(lsm_record(layout)));
        assert_eq!(size(&tiff(layout, &pages)), Some([500.0, 100.0, 100.0]));
    }
    for (tag, text) in [
        (34680, "[Scan]\r\nPixelWidth=1e-8\r\nPixelHeight=1e-8\r\n"),
        (
            34118,
            "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 10.00 nm\r\n",
        ),
    ] {
        let mut pages = stack(LITTLE, U8, &labelled(&[0, 1]));
        pages[0] = pages[0]
            .clone()
            .with_value(tag, Value::Text(text.to_owned()));
        let found = reading(&tiff(LITTLE, &pages), &[]).unwrap();
        assert!(found.notes[0].contains("10 x 10 nm"), "{:?}", found.notes);
        // A single layer is as thick as its pixels are wide.
        assert_eq!(size(&tiff(LITTLE, &pages[..1])), Some([10.0; 3]));
    }
}

#[test]
fn hostile_files_are_refused_at_once() {
    let page = || plain(LITTLE, U8, ndarray::array![[1, 2], [3, 4]].view());
    let sound = tiff(LITTLE, &[page()]);
    let mut looped = sound.clone();
    let end = looped.len() - 4;
    let first: [u8; 4] = looped[4..8].try_into().unwrap();
    looped[end..].copy_from_slice(&first);
    assert_error!(reading(&looped, &[]), IoError::Malformed { .. }, "loop");
    let strips = page()
        .with_value(278, Value::Long(vec![1]))
        .with_value(257, Value::Long(vec![u32::MAX >> 2]));
    assert_error!(
        reading(&tiff(LITTLE, &[strips]), &[]),
        IoError::Implausible { .. },
        "voxels"
    );
    let rows = Value::Long(vec![100_000_000]);
    let mut tall = page().with_value(257, rows.clone()).with_value(278, rows);
    assert_error!(
        reading(&tiff(LITTLE, &[tall.clone()]), &[]),
        IoError::Malformed { .. },
        "need"
    );
    tall.chunks = vec![zstd::bulk::compress(&vec![0; 1 << 20], 3).unwrap()];
    assert_error!(
        reading(&tiff(LITTLE, &[tall.with(259, 50000)]), &[]),
        IoError::Malformed { .. },
        "need"
    );
    let samples = page().with(277, 65535).with(284, 2);
    assert!(reading(&tiff(LITTLE, &[samples]), &[]).is_err());
    let double = page().with_value(277, Value::Double(1.0));
    assert_error!(
        reading(&tiff(LITTLE, &[double]), &[]),
        IoError::Malformed { .. },
        "whole number"
    );
    // Every strip names all bytes of the file: reading them all would take for ever.
    let mut many = page();
    many.chunks = vec![vec![0; 1 << 20]];
    let mut bytes = tiff(LITTLE, &[many]);
    let length = u32::try_from(bytes.len()).unwrap();
    let lists = bytes.len();
    for list in [0u32, length] {
        bytes.extend(std::iter::repeat_n(list.to_le_bytes(), 1 << 16).flatten());
    }
    let overlapping = |tag: u16, at: usize| {
        let mut entry = tag.to_le_bytes().to_vec();
        entry.extend(4u16.to_le_bytes());
        entry.extend((1u32 << 16).to_le_bytes());
        entry.extend(u32::try_from(at).unwrap().to_le_bytes());
        entry
    };
    let directory = bytes.len();
    let mut entries = Vec::new();
    for (tag, value) in [
        (256u16, 8u32),
        (257, 1 << 16),
        (258, 8),
        (259, 32773),
        (262, 1),
    ] {
        entries.extend(tag.to_le_bytes());
        entries.extend([4, 0, 1, 0, 0, 0]);
        entries.extend(value.to_le_bytes());
    }
    entries.extend(overlapping(273, lists));
    entries.extend([0x16, 1, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
    entries.extend(overlapping(279, lists + (4 << 16)));
    bytes.extend(8u16.to_le_bytes());
    bytes.extend(entries);
    bytes.extend([0; 4]);
    let directory = u32::try_from(directory).unwrap().to_le_bytes();
    bytes[4..8].copy_from_slice(&directory);
    assert_error!(reading(&bytes, &[]), IoError::Malformed { .. }, "overlap");
}
