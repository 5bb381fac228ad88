//! What a study costs beside its solves: a thousand cases of 32^3 voxels through the queue, the files and the logs, against
//! the same cases one after the other without any of it; and merging ten thousand records.
//!
//! `cargo bench --bench study`

use std::{fs, num::NonZeroUsize, path::Path, time::Instant};
use voxion::{
    solve::Silent,
    study::{Failed, Monitor, Options, Plan, Shard, Store, Table, Verbosity, case, merge, run},
};

/// A watcher that says nothing.
struct Quiet;

impl Monitor for Quiet {
    fn begin(&self, _open: usize, _finished: usize) {}
    fn settled(&self, _title: &str, _reason: Option<&str>) {}
    fn stopped(&self) -> bool {
        false
    }
}

/// A study of so many seeds.
fn plan(folder: &Path, cases: usize, size: usize) -> Plan {
    // A box of 320 nm, which particles fit.
    let voxel = 320 / size;
    let text = format!(
        "[study]\nrepeats = {cases}\n\n[generate]\ngenerator = \"core-shell\"\nsize = {size}\nvoxel_size = \"{voxel} nm\"\n\n[run]\nbackend = \"host\"\n"
    );
    let path = folder.join("bench.toml");
    fs::write(&path, text).expect("a folder to write to");
    Plan::read(&path).expect("a study")
}

fn options() -> Options {
    Options {
        jobs: NonZeroUsize::MIN,
        machines: Vec::new(),
        threads: NonZeroUsize::MIN,
        shard: Shard::ALL,
        failed: Failed::Keep,
        verbosity: Verbosity::Silent,
    }
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = 1000;
    let plan_of = plan(folder.path(), cases, 32);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("a thread");
    let clock = Instant::now();
    pool.install(|| {
        for point in &plan_of.sweep.points {
            case::run(&point.scenario, &plan_of.sweep.collected, &mut Silent).expect("a result");
        }
    });
    let bare = clock.elapsed().as_secs_f64();
    let store = Store::create(&folder.path().join("results")).expect("a folder");
    let clock = Instant::now();
    run(&plan_of, &store, &options(), &Quiet).expect("a study");
    let whole = clock.elapsed().as_secs_f64();
    println!(
        "{cases} cases of 32^3: {:.2} ms each alone, {:.2} ms in a study: {:.2} ms more",
        1e3 * bare / cases as f64,
        1e3 * whole / cases as f64,
        1e3 * (whole - bare) / cases as f64
    );
    merging(folder.path());
}

/// Ten thousand records of small volumes.
fn merging(folder: &Path) {
    let plan = plan(folder, 10_000, 24);
    let store = Store::create(&folder.join("many")).expect("a folder");
    run(&plan, &store, &options(), &Quiet).expect("a study");
    let clock = Instant::now();
    let table = Table::read(&plan, &store).expect("a table");
    let read = clock.elapsed().as_secs_f64();
    let provenance = merge::provenance(&plan, &table);
    for (name, format) in [
        ("table.h5", merge::Format::Hdf5),
        ("table.csv", merge::Format::Csv),
        ("table.parquet", merge::Format::Parquet),
    ] {
        let path = folder.join(name);
        merge::write(format, (&path, &path), &table, &provenance).expect("a file");
    }
    let all = clock.elapsed().as_secs_f64();
    println!(
        "{} rows: read in {read:.2} s, read and written in {all:.2} s",
        table.rows()
    );
}
