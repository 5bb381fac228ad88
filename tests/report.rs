//! Does what users look at show what was computed? Fields are read back with the HDF5 library (and, in `python_` tests,
//! with h5py and VTK); pictures are asked for the colours of voxels whose state is known.

use hdf5::{File, types::VarLenUnicode};
use ndarray::{Array3, s};
use std::{
    path::Path,
    process::{Command, Output},
    sync::{Mutex, PoisonError},
    time::{Duration, UNIX_EPOCH},
};
use voxion::{
    microstructure::{Axis, Volume},
    physics::conduction::{Boundary, Effective},
    report::{
        ConductivityUnit, Fields, Phase, ReportError, Transport, fields, provenance::Provenance,
        slices,
    },
};

/// Edges (z, y, x), all different so that no order goes unnoticed.
const SHAPE: (usize, usize, usize) = (5, 4, 3);
const EDGES: [f64; 3] = [3e-6, 2e-6, 1e-6];

/// A block whose x = 0 layer insulates and whose x = 1 layer conducts but is cut off.
struct Block {
    volume: Volume,
    potential: Array3<f64>,
    current: Array3<f64>,
    effective: Vec<Effective>,
}

impl Block {
    fn new(labels: [i64; 3], axes: &[Axis]) -> Self {
        let [nz, ny, nx] = [SHAPE.0, SHAPE.1, SHAPE.2].map(|n| n as f64);
        let codes = Array3::from_shape_fn(SHAPE, |(_, _, x)| [0u8, 1, 2][x]);
        let number = |(z, y, x): (usize, usize, usize)| {
            1.0 - ((z as f64 * ny + y as f64) * nx + x as f64) / (nx * ny * nz)
        };
        let conducts = |x: usize, value: f64, other: f64| if x == 2 { value } else { other };
        Self {
            volume: Volume::from_codes(codes, labels.to_vec()).with_spacing(EDGES),
            potential: Array3::from_shape_fn(SHAPE, |p| conducts(p.2, number(p), f64::NAN)),
            current: Array3::from_shape_fn(SHAPE, |p| conducts(p.2, 2.0 + number(p), 0.0)),
            effective: axes.iter().map(|&axis| effective(axis)).collect(),
        }
    }

    fn fields(&self) -> Fields<'_> {
        let labels = self.volume.labels().iter();
        let phases = labels.zip([0.0, 3.0, 3.0]).map(|(&label, conductivity)| {
            let name = (label == 7).then(|| "pore".to_owned());
            Phase {
                label,
                name,
                conductivity,
            }
        });
        let transport = |effective| Transport {
            effective,
            potential: self.potential.clone(),
            current_density: self.current.clone(),
        };
        Fields {
            volume: &self.volume,
            phases: phases.collect(),
            unit: ConductivityUnit::SiemensPerMetre,
            transports: self.effective.iter().map(transport).collect(),
        }
    }
}

fn effective(axis: Axis) -> Effective {
    Effective {
        axis,
        boundary: Boundary::Face,
        effective_conductivity: 1.0,
        error_bound: 1e-4,
        relative_conductivity: 0.5,
        tortuosity_factor: 2.0,
        macmullin_number: 2.0,
        conducting_fraction: 2.0 / 3.0,
        percolating_fraction: 0.5,
        flux_in: 1.0,
        flux_out: 1.0,
        iterations: 7,
        seconds: 0.25,
        adapter: None,
    }
}

fn provenance() -> Provenance {
    Provenance {
        notes: String::new(),
        input: "électrode.tiff".into(),
        sha256: "ab".repeat(32),
        parameters: r#"{"axis": "z"}"#.into(),
        command: Some("voxion solve 'électrode.tiff' --phase 0".into()),
        origin: None,
        date: UNIX_EPOCH + Duration::from_secs(1_700_000_000),
    }
}

fn text(location: &hdf5::Location, name: &str) -> String {
    location
        .attr(name)
        .unwrap()
        .read_scalar::<VarLenUnicode>()
        .unwrap()
        .to_string()
}

#[test]
fn fields_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("temporary name");
    let block = Block::new([-1, 7, 300], &[Axis::Z, Axis::X]);
    fields::write(&path, &block.fields(), &provenance()).unwrap();
    let file = File::open(&path).unwrap();
    let labels = file.dataset("voxion/labels").unwrap();
    assert_eq!(labels.dtype().unwrap().size(), 2);
    let values: Array3<i64> = labels.read().unwrap();
    assert_eq!(
        values,
        block
            .volume
            .codes()
            .mapv(|code| [-1, 7, 300][usize::from(code)])
    );
    for name in ["voxion/z/potential", "VTKHDF/CellData/potential_x"] {
        let potential: Array3<f32> = file.dataset(name).unwrap().read().unwrap();
        assert!(
            potential
                .slice(s![.., .., ..2])
                .iter()
                .all(|value| value.is_nan()),
            "{name}"
        );
        let error = (&potential.mapv(f64::from) - &block.potential).slice_move(s![.., .., 2]);
        assert!(error.iter().all(|error| error.abs() < 1e-7), "{name}");
    }
    let current: Array3<f64> = file
        .dataset("voxion/x/current_density_magnitude")
        .unwrap()
        .read()
        .unwrap();
    assert!(
        (&current - &block.current)
            .iter()
            .all(|error| error.abs() < 1e-6)
    );
}

#[test]
fn fields_carry_units_numbers_and_provenance() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fields.h5");
    let block = Block::new([0, 7, 170], &[Axis::Y]);
    fields::write(&path, &block.fields(), &provenance()).unwrap();
    let file = File::open(&path).unwrap();
    let results = file.group("voxion").unwrap();
    assert_eq!(text(&results, "date"), "2023-11-14T22:13:20Z");
    assert_eq!(text(&results, "input"), "électrode.tiff");
    assert_eq!(text(&results, "parameters"), r#"{"axis": "z"}"#);
    assert_eq!(
        results
            .attr("voxel_size")
            .unwrap()
            .read_raw::<f64>()
            .unwrap(),
        EDGES
    );
    assert_eq!(
        results.dataset("labels").unwrap().dtype().unwrap().size(),
        1
    );
    let axis = results.group("y").unwrap();
    assert_eq!(
        axis.attr("tortuosity_factor")
            .unwrap()
            .read_scalar::<f64>()
            .unwrap(),
        2.0
    );
    assert_eq!(
        axis.attr("iterations")
            .unwrap()
            .read_scalar::<u64>()
            .unwrap(),
        7
    );
    assert_eq!(text(&axis, "adapter"), "host");
    assert_eq!(
        text(&axis.dataset("current_density_magnitude").unwrap(), "units"),
        "A/m²"
    );
    let vtk = file.group("VTKHDF").unwrap();
    let list = |name: &str| vtk.attr(name).unwrap().read_raw::<f64>().unwrap();
    assert_eq!(list("WholeExtent"), [0.0, 3.0, 0.0, 4.0, 0.0, 5.0]);
    assert!(
        list("Spacing")
            .iter()
            .zip([1.0, 2.0, 3.0])
            .all(|(a, b)| (a - b).abs() < 1e-12)
    );
}

#[test]
fn what_cannot_be_written_is_said_in_a_sentence() {
    let block = Block::new([0, 7, 85], &[Axis::Z]);
    let missing = Path::new("no-such-folder/fields.h5");
    let error = fields::write(missing, &block.fields(), &provenance()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot write the fields to no-such-folder"),
        "{error}"
    );
    let picture = &slices::draw(&block.fields()).unwrap()[0];
    let error = picture
        .write(Path::new("no-such-folder/a.png"))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot write the picture no-such-folder"),
        "{error}"
    );
    let mut fields = block.fields();
    fields.transports[0].current_density = Array3::zeros((5, 4, 4));
    let error = slices::draw(&fields).unwrap_err();
    assert!(matches!(
        error,
        ReportError::Shape {
            found: [5, 4, 4],
            expected: [5, 4, 3],
            ..
        }
    ));
}

/// Colours in the frame of the slice across z, whose x runs to the right and whose y runs down.
fn colours_across_z(picture: &slices::Picture) -> [[u8; 3]; 3] {
    let (image, ink) = (picture.image(), [26, 26, 26]);
    let framed = |row: u32| {
        let dark = |x: &u32| image.get_pixel(*x, row).0 == ink;
        (0..image.width()).filter(dark).collect::<Vec<_>>()
    };
    // The row below the sentences and the upper edges meets the four vertical edges and nothing else.
    let edges = framed(160);
    assert_eq!(edges.len(), 4, "{edges:?}");
    let (left, width) = (edges[2] + 1, edges[3] - edges[2] - 1);
    [1, 3, 5].map(|sixth| image.get_pixel(left + width * sixth / 6, 160).0)
}

#[test]
fn pictures_tell_insulating_cut_off_and_conducting_voxels_apart() {
    let block = Block::new([0, 7, 85], &[Axis::Z]);
    let pictures = slices::draw(&block.fields()).unwrap();
    let names: Vec<&str> = pictures.iter().map(slices::Picture::file_name).collect();
    assert_eq!(
        names,
        ["labels_z.png", "potential_z.png", "current_density_z.png"]
    );
    let [labels, potential, current] = [0, 1, 2].map(|i| colours_across_z(&pictures[i]));
    assert_eq!(labels, [[86, 180, 233], [230, 159, 0], [0, 158, 115]]);
    assert_eq!(potential[..2], [[255, 255, 255], [158, 158, 158]]);
    assert_eq!(current[..2], [[255, 255, 255], [158, 158, 158]]);
    assert_ne!(potential[2], current[2]);
    let insulating = Fields {
        phases: Vec::new(),
        ..block.fields()
    };
    let potential = colours_across_z(&slices::draw(&insulating).unwrap()[1]);
    assert_eq!(
        potential[1],
        [255, 255, 255],
        "a label without a conductivity insulates"
    );
}

#[test]
fn every_shape_and_axis_has_pictures_of_a_sensible_size() {
    for shape in [(1, 1, 1), (2, 300, 7), (1700, 2, 2), (2, 3, 2500)] {
        let volume = Volume::from_labels(&Array3::zeros(shape));
        for axis in Axis::ALL {
            let effective = Effective {
                tortuosity_factor: f64::INFINITY,
                ..effective(axis)
            };
            let potential = Array3::from_elem(shape, f64::NAN);
            let current_density = Array3::zeros(shape);
            let transport = Transport {
                effective: &effective,
                potential: potential.clone(),
                current_density,
            };
            let fields = Fields {
                volume: &volume,
                phases: Vec::new(),
                unit: ConductivityUnit::Relative,
                transports: vec![transport],
            };
            for picture in slices::draw(&fields).unwrap() {
                let (width, height) = picture.image().dimensions();
                assert!(
                    (600..2200).contains(&width) && (300..1700).contains(&height),
                    "{shape:?}"
                );
            }
        }
    }
}

/// `scripts/check-fields` with the Python of `VOXION_PYTHON`, or of `.venv`.
fn check_fields(path: &Path) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = root.join(".venv/bin/python");
    let python = std::env::var_os("VOXION_PYTHON").unwrap_or_else(|| own.into_os_string());
    let script = root.join("scripts/check-fields");
    Command::new(&python)
        .arg(script)
        .arg(path)
        .output()
        .expect("a Python to run check-fields")
}

/// HDF5 locks the files it writes, and a Python started meanwhile by another test would inherit the lock: one at a time.
static TURN: Mutex<()> = Mutex::new(());

#[test]
#[ignore = "needs h5py and VTK from scripts/requirements.txt; run with -- --ignored python_"]
fn python_readers_agree() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fields.h5");
    let block = Block::new([-1, 7, 300], &Axis::ALL);
    fields::write(&path, &block.fields(), &provenance()).unwrap();
    let output = check_fields(&path);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
#[ignore = "needs h5py and VTK from scripts/requirements.txt; run with -- --ignored python_"]
fn python_check_refuses_wrong_files() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fields.h5");
    let block = Block::new([0, 7, 85], &[Axis::Z]);
    let refused = |damage: &dyn Fn(&File), sentence: &str| {
        fields::write(&path, &block.fields(), &provenance()).unwrap();
        damage(&File::open_rw(&path).unwrap());
        let output = check_fields(&path);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(sentence),
            "{said}"
        );
    };
    refused(
        &|file| {
            let spacing = file.group("VTKHDF").unwrap().attr("Spacing").unwrap();
            spacing.write_raw(&[3.0, 2.0, 1.0]).unwrap();
        },
        "Spacing [3. 2. 1.] is not",
    );
    refused(
        &|file| {
            let cells = file.group("VTKHDF/CellData").unwrap();
            cells.unlink("potential_z").unwrap();
            cells
                .link_hard("/voxion/z/current_density_magnitude", "potential_z")
                .unwrap();
        },
        "potential_z is not a hard link to voxion/z/potential",
    );
    refused(
        &|file| file.group("voxion").unwrap().unlink("labels").unwrap(),
        "check-fields: the file lacks /voxion/labels",
    );
}
