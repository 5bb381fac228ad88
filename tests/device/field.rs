//! Vectors of one, two and three components, in one slab and in several.

use crate::cases::{device, distance, filled, values};
use voxion::field::{Host, Machine, Shape, Step, device::Element};

/// Rounding of f32, relative to the largest number; measured: 1.5e-7.
const SINGLE: f64 = 1e-6;
const DOUBLE: f64 = 1e-12;

/// Every operation on vectors, each on what the one before left; numbers last.
fn run<M: Machine>(machine: &M, shape: Shape) -> Vec<f64> {
    let [mut x, mut r] = [1, 2].map(|seed| filled(machine, shape, seed));
    let [mut p, q] = [3, 4].map(|seed| filled(machine, shape, seed));
    machine.add(&q, &mut x);
    let (xq, qq) = (machine.dot(&x, &q), machine.dot(&q, &q));
    let alpha = machine.ratio(&xq, &qq);
    machine.redirect(&r, &alpha, &mut p);
    let (x, r) = {
        let step = Step {
            x: &mut x,
            r: &mut r,
            p: &p,
            q: &q,
        };
        machine.advance(&alpha, step);
        (x, r)
    };
    let rr = machine.dot(&r, &r);
    let mut nothing = filled(machine, shape, 5);
    machine.clear(&mut nothing);
    let zero = machine.dot(&nothing, &nothing);
    let undefined = machine.ratio(&rr, &zero);
    let numbers = machine.read([&xq, &qq, &alpha, &rr, &zero, &undefined]);
    let fields = [x, r, p, nothing].map(|field| values(machine, shape, &field));
    [fields.concat(), numbers.unwrap().to_vec()].concat()
}

fn agreement<R: Element>(components: usize, planes: Option<usize>) -> f64 {
    let shape = Shape {
        planes: 11,
        plane: 35 * 37,
        components,
    };
    let device = device::<R>(planes.map(|planes| planes * shape.stride()));
    let slabs = device.zeros(shape).unwrap().slabs();
    assert_eq!(slabs, if planes.is_some() { 6 } else { 1 });
    let (found, expected) = (run(&device, shape), run(&Host::<f64>::default(), shape));
    let fields = 4 * shape.len();
    let numbers = found[fields..].iter().zip(&expected[fields..]);
    let worst = numbers.fold(0.0, |worst: f64, (a, b)| {
        worst.max((a - b).abs() / (1.0 + b.abs()))
    });
    worst.max(distance(&found[..fields], &expected[..fields]))
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_vectors_are_those_of_the_host() {
    for components in 1..=3 {
        for planes in [None, Some(4)] {
            let (single, double) = (
                agreement::<f32>(components, planes),
                agreement::<f64>(components, planes),
            );
            println!("{components} components, slabs of {planes:?}: {single:.1e} {double:.1e}");
            assert!(single < SINGLE, "f32, {components} components: {single:e}");
            assert!(double < DOUBLE, "f64, {components} components: {double:e}");
        }
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_sums_keep_more_digits_than_their_terms() {
    let shape = Shape::flat(3_000_000);
    let (device, host) = (device::<f32>(None), Host::<f64>::default());
    let dot =
        |machine: &Host<f64>| machine.dot(&filled(machine, shape, 1), &filled(machine, shape, 2));
    let [x, y] = [1, 2].map(|seed| filled(&device, shape, seed));
    let [found] = device.read([&device.dot(&x, &y)]).unwrap();
    let error = (found - dot(&host)).abs() / 3_000_000.0;
    assert!(error < 1e-10, "relative to the sum of the terms: {error:e}");
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_lost_device_is_told_when_a_number_is_read() {
    let shape = Shape::flat(100);
    let device = device::<f32>(None);
    let [x, mut y] = [1, 2].map(|seed| filled(&device, shape, seed));
    device.gpu().destroy();
    device.add(&x, &mut y);
    let number = device.dot(&x, &y);
    let lost = device.read([&number]).unwrap_err().to_string();
    assert!(lost.contains("lost"), "{lost}");
}
