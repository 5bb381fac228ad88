//! Charge transfer: current against overpotential.
//!
//! Butler and Volmer: `i = i0 [exp(a_a F eta / RT) - exp(-a_c F eta / RT)]` (J. Newman and K. E. Thomas-Alyea,
//! Electrochemical Systems, 3rd ed., ch. 8); linear: its tangent at rest, `i = i0 (a_a + a_c) F eta / RT`. Both rise with
//! the overpotential, so their integral, the content `C = int i d eta`, is convex: a network of such elements has one solution,
//! where the sum of all contents is least, and steps that lower the sum cannot diverge.
//!
//! An [`Element`] is a piece of interface with resistances in series: half a voxel of either conductor, a film. Its
//! overpotential follows from the voltage over all of it, `V = eta + R I(eta)`, by Newton's method from the upper side.

/// Faraday's constant, C/mol (CODATA 2018, exact).
pub const FARADAY: f64 = 96_485.332_12;
/// Molar gas constant, J/(mol K) (CODATA 2018, exact).
pub const GAS: f64 = 8.314_462_618;

/// Exponents beyond this go on as straight lines: 1e217 amperes are never meant, and infinity ends every search.
const STEEPEST: f64 = 500.0;

/// Which law, and its constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kinetics {
    /// Straight or exponential.
    pub law: Law,
    /// Anodic and cathodic transfer coefficients.
    pub transfer: [f64; 2],
    /// K.
    pub temperature: f64,
}

/// How current depends on overpotential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Law {
    /// In proportion: small overpotentials.
    #[default]
    Linear,
    /// Butler and Volmer.
    ButlerVolmer,
}

/// `exp(u)`, from [`STEEPEST`] on its tangent: still convex.
fn exponential(u: f64) -> f64 {
    if u < STEEPEST {
        u.exp()
    } else {
        STEEPEST.exp() * (1.0 + u - STEEPEST)
    }
}

/// Derivative of [`exponential`].
fn steepness(u: f64) -> f64 {
    u.min(STEEPEST).exp()
}

/// Integral of `exponential - 1` from 0.
fn integral(u: f64) -> f64 {
    if u.abs() < 1e-2 {
        // The first terms of the series, where the difference would lose its digits.
        0.5 * u * u * (1.0 + u / 3.0 * (1.0 + u / 4.0 * (1.0 + u / 5.0 * (1.0 + u / 6.0))))
    } else if u < STEEPEST {
        u.exp_m1() - u
    } else {
        let beyond = u - STEEPEST;
        STEEPEST.exp() * (1.0 + beyond + 0.5 * beyond * beyond) - 1.0 - u
    }
}

impl Kinetics {
    /// `RT/F`, V.
    pub fn thermal(&self) -> f64 {
        GAS * self.temperature / FARADAY
    }

    /// Current over exchange current.
    pub fn rate(&self, overpotential: f64) -> f64 {
        let [anodic, cathodic] = self.transfer;
        let u = overpotential / self.thermal();
        match self.law {
            Law::Linear => (anodic + cathodic) * u,
            Law::ButlerVolmer if u.abs() < 1e-3 => (anodic * u).exp_m1() - (-cathodic * u).exp_m1(),
            Law::ButlerVolmer => exponential(anodic * u) - exponential(-cathodic * u),
        }
    }

    /// Derivative of [`Kinetics::rate`], 1/V.
    pub fn slope(&self, overpotential: f64) -> f64 {
        let [anodic, cathodic] = self.transfer;
        let u = overpotential / self.thermal();
        match self.law {
            Law::Linear => (anodic + cathodic) / self.thermal(),
            Law::ButlerVolmer => {
                (anodic * steepness(anodic * u) + cathodic * steepness(-cathodic * u))
                    / self.thermal()
            }
        }
    }

    /// The least that [`Kinetics::slope`] is anywhere, 1/V: where both branches of the law bend alike.
    pub fn least_slope(&self) -> f64 {
        let [anodic, cathodic] = self.transfer;
        match self.law {
            Law::Linear => self.slope(0.0),
            Law::ButlerVolmer if anodic > 0.0 && cathodic > 0.0 => {
                let u = 2.0 * (cathodic / anodic).ln() / (anodic + cathodic);
                self.slope(u * self.thermal())
            }
            Law::ButlerVolmer => 0.0,
        }
    }

    /// Integral of [`Kinetics::rate`] from 0, V.
    pub fn content(&self, overpotential: f64) -> f64 {
        let [anodic, cathodic] = self.transfer;
        let u = overpotential / self.thermal();
        match self.law {
            Law::Linear => 0.5 * (anodic + cathodic) * u * overpotential,
            Law::ButlerVolmer => {
                let side = |a: f64| if a == 0.0 { 0.0 } else { integral(a * u) / a };
                let back = |a: f64| if a == 0.0 { 0.0 } else { integral(-a * u) / a };
                self.thermal() * (side(anodic) + back(cathodic))
            }
        }
    }

    /// No overpotential beyond this drives so many exchange currents, of the sign of `rate`.
    fn farthest(&self, rate: f64) -> f64 {
        let [anodic, cathodic] = self.transfer;
        let coefficient = if rate > 0.0 { anodic } else { cathodic };
        match self.law {
            Law::Linear => rate / self.slope(0.0),
            Law::ButlerVolmer if coefficient == 0.0 => f64::INFINITY * rate.signum(),
            Law::ButlerVolmer => rate.signum() * self.thermal() * rate.abs().ln_1p() / coefficient,
        }
    }
}

/// A piece of interface.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Element {
    /// Exchange current of all of it, A.
    pub exchange: f64,
    /// Resistance in series with it, Ohm.
    pub series: f64,
}

/// Where an element stands at a voltage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// V.
    pub overpotential: f64,
    /// A.
    pub current: f64,
    /// Change of current with voltage, S.
    pub conductance: f64,
    /// Integral of the current over the voltage, W.
    pub content: f64,
}

impl Element {
    /// The state at a voltage over overpotential and series resistance together.
    pub fn at(&self, kinetics: &Kinetics, voltage: f64) -> State {
        let overpotential = self.overpotential(kinetics, voltage);
        let current = self.exchange * kinetics.rate(overpotential);
        let slope = self.exchange * kinetics.slope(overpotential);
        State {
            overpotential,
            current,
            conductance: slope / (1.0 + self.series * slope),
            content: self.exchange * kinetics.content(overpotential)
                + 0.5 * self.series * current * current,
        }
    }

    /// The least conductance of the element at any voltage, S: no secant of its current is less.
    pub fn least_conductance(&self, kinetics: &Kinetics) -> f64 {
        let slope = self.exchange * kinetics.least_slope();
        slope / (1.0 + self.series * slope)
    }

    /// Solves `eta + R I(eta) = V`; eta lies between 0 and V.
    fn overpotential(&self, kinetics: &Kinetics, voltage: f64) -> f64 {
        let load = self.series * self.exchange;
        if load == 0.0 || voltage == 0.0 {
            return voltage;
        }
        let sign = voltage.signum();
        let all = voltage.abs();
        let excess = |eta: f64| eta + load * sign * kinetics.rate(sign * eta) - all;
        let (mut low, mut high) = (0.0, all.min(kinetics.farthest(voltage / load).abs()));
        let mut eta = high;
        for _ in 0..100 {
            let value = excess(eta);
            if value > 0.0 {
                high = eta;
            } else {
                low = eta;
            }
            let step = value / (1.0 + load * kinetics.slope(sign * eta));
            let newton = eta - step;
            let next = if newton >= low && newton <= high {
                newton
            } else {
                0.5 * (low + high)
            };
            if (next - eta).abs() <= 4.0 * f64::EPSILON * eta.abs() {
                eta = next;
                break;
            }
            eta = next;
        }
        sign * eta
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Kinetics = Kinetics {
        law: Law::ButlerVolmer,
        transfer: [0.5, 0.5],
        temperature: 298.15,
    };

    fn close(a: f64, b: f64, tolerance: f64) -> bool {
        (a - b).abs() <= tolerance * b.abs()
    }

    #[test]
    fn butler_volmer_is_a_hyperbolic_sine_for_equal_coefficients() {
        for eta in [-0.4, -0.01, 1e-9, 0.02, 0.3] {
            let sine = 2.0 * (0.5 * eta / ROOM.thermal()).sinh();
            assert!(close(ROOM.rate(eta), sine, 1e-13), "{eta}");
        }
        assert!(close(ROOM.thermal(), 0.025_692_579, 1e-7));
    }

    #[test]
    fn slope_and_content_are_derivative_and_integral() {
        let uneven = Kinetics {
            transfer: [0.3, 0.9],
            ..ROOM
        };
        for kinetics in [
            ROOM,
            uneven,
            Kinetics {
                law: Law::Linear,
                ..uneven
            },
        ] {
            for eta in [-0.2, -0.03, 0.001, 0.15, 15.0] {
                let h = 1e-6;
                let slope = (kinetics.rate(eta + h) - kinetics.rate(eta - h)) / (2.0 * h);
                assert!(close(kinetics.slope(eta), slope, 1e-6), "{eta}");
                let rate = (kinetics.content(eta + h) - kinetics.content(eta - h)) / (2.0 * h);
                assert!(close(kinetics.rate(eta), rate, 1e-6), "{eta}");
            }
        }
    }

    #[test]
    fn no_secant_is_less_than_the_least_conductance() {
        for transfer in [[0.5, 0.5], [0.3, 0.9], [0.8, 0.1]] {
            let kinetics = Kinetics { transfer, ..ROOM };
            for series in [0.0, 10.0] {
                let exchange = 1e-3;
                let element = Element { exchange, series };
                let least = element.least_conductance(&kinetics);
                let voltages = (-60..60).map(|n| 0.005 * f64::from(n));
                let secants = voltages.map(|v| {
                    let [low, high] = [v, v + 0.005].map(|v| element.at(&kinetics, v).current);
                    (high - low) / 0.005
                });
                let smallest = secants.fold(f64::INFINITY, f64::min);
                assert!((1.0..1.01).contains(&(smallest / least)), "{transfer:?}");
            }
        }
    }

    #[test]
    fn an_element_divides_its_voltage() {
        for (exchange, series) in [(1e-3, 0.0), (1e-3, 10.0), (1e-12, 1e6), (1e3, 1e6)] {
            let element = Element { exchange, series };
            for voltage in [-2.0, -0.05, 1e-6, 0.1, 5.0] {
                let state = element.at(&ROOM, voltage);
                let whole = state.overpotential + series * state.current;
                assert!(
                    close(whole, voltage, 1e-12),
                    "{element:?} at {voltage}: {whole}"
                );
                let h = 1e-7 * voltage.abs();
                let [above, below] = [h, -h].map(|h| element.at(&ROOM, voltage + h));
                let conductance = (above.current - below.current) / (2.0 * h);
                assert!(
                    close(state.conductance, conductance, 1e-5),
                    "{element:?} at {voltage}"
                );
                let current = (above.content - below.content) / (2.0 * h);
                assert!(
                    close(state.current, current, 1e-5),
                    "{element:?} at {voltage}"
                );
            }
        }
    }
}
