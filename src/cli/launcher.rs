//! Launchers that start several processes: `mpirun`, `mpiexec`, `srun`. The processes of this program do not divide a question among
//! them, so that each would compute all of it; only `voxion study run` shares its cases.

use std::env;

/// Set to anything but an empty text, it lets every process compute on its own: a launcher that farms out different inputs.
const OVERRIDE: &str = "VOXION_INDEPENDENT_PROCESSES";

/// Variables with the number of processes: of Open MPI, of MVAPICH, and of MPICH, Intel MPI, Cray MPICH and `srun --mpi=pmi2`.
const SIZES: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE", "PMI_SIZE"];

/// A process that PMIx started knows its own number, but not how many there are.
const RANK: &str = "PMIX_RANK";

/// Step numbers of Slurm from here on are not steps of srun: the batch script, an interactive shell.
const SPECIAL_STEPS: u64 = 0xffff_fff0;

/// Several processes of one launcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a launcher has started several processes ({evidence}), and each would do all of the work; start one process, share the cases of a study with `voxion study run`, or set {OVERRIDE}=1 where each process has an input of its own"
)]
pub(crate) struct Processes {
    /// "OMPI_COMM_WORLD_SIZE=4".
    evidence: String,
}

/// Refuses to be one of several processes.
///
/// # Errors
/// [`Processes`], unless the environment says that they are independent.
pub(crate) fn refuse_several() -> Result<(), Processes> {
    several(|name| env::var(name).ok()).map_or(Ok(()), Err)
}

/// Several processes, as an environment tells them; none for one alone.
fn several(variable: impl Fn(&str) -> Option<String>) -> Option<Processes> {
    if variable(OVERRIDE).is_some_and(|text| !text.is_empty()) {
        return None;
    }
    let number = |name: &str| variable(name)?.trim().parse::<u64>().ok();
    let told = |name: &str, count: u64| {
        let evidence = format!("{name}={count}");
        (count > 1).then_some(Processes { evidence })
    };
    if let Some((name, count)) = SIZES.iter().find_map(|name| Some((*name, number(name)?))) {
        return told(name, count);
    }
    // srun says how many tasks its step has. Outside of a step, SLURM_NTASKS is what a job asked for, not what runs.
    if let Some(count) = number("SLURM_STEP_NUM_TASKS") {
        return told("SLURM_STEP_NUM_TASKS", count);
    }
    let in_step = number("SLURM_STEP_ID").is_some_and(|step| step < SPECIAL_STEPS);
    if in_step && number("SLURM_PROCID").is_some() {
        return told("SLURM_NTASKS", number("SLURM_NTASKS")?);
    }
    let rank = number(RANK).filter(|&rank| rank > 0)?;
    let evidence = format!("{RANK}={rank}");
    Some(Processes { evidence })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(variables: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| {
            let mut all = variables.iter();
            let found = all.find(|(known, _)| *known == name);
            found.map(|(_, text)| (*text).to_owned())
        };
        several(variable).map(|processes| processes.evidence)
    }

    #[test]
    fn several_processes_of_a_launcher_are_seen() {
        for (variables, evidence) in [
            (
                vec![("OMPI_COMM_WORLD_SIZE", "4"), ("OMPI_COMM_WORLD_RANK", "0")],
                "OMPI_COMM_WORLD_SIZE=4",
            ),
            (vec![("PMI_SIZE", "2"), ("PMI_RANK", "1")], "PMI_SIZE=2"),
            (vec![("MV2_COMM_WORLD_SIZE", "8")], "MV2_COMM_WORLD_SIZE=8"),
            (vec![("PMIX_RANK", "3")], "PMIX_RANK=3"),
            (
                vec![
                    ("SLURM_NTASKS", "4"),
                    ("SLURM_STEP_NUM_TASKS", "4"),
                    ("SLURM_STEP_ID", "0"),
                    ("SLURM_PROCID", "2"),
                ],
                "SLURM_STEP_NUM_TASKS=4",
            ),
            (
                vec![
                    ("SLURM_NTASKS", "4"),
                    ("SLURM_STEP_ID", "0"),
                    ("SLURM_PROCID", "0"),
                ],
                "SLURM_NTASKS=4",
            ),
        ] {
            assert_eq!(said(&variables).as_deref(), Some(evidence));
            let independent = [variables, vec![(OVERRIDE, "1")]].concat();
            assert_eq!(said(&independent), None);
        }
    }

    #[test]
    fn one_process_is_let_through() {
        for variables in [
            vec![],
            vec![("OMPI_COMM_WORLD_SIZE", "1")],
            vec![("PMI_SIZE", "one")],
            vec![("PMIX_RANK", "0")],
            // The batch step of a job that asked for four tasks, and the shell of an interactive one.
            vec![("SLURM_NTASKS", "4"), ("SLURM_PROCID", "0")],
            vec![
                ("SLURM_NTASKS", "4"),
                ("SLURM_PROCID", "0"),
                ("SLURM_STEP_ID", "4294967291"),
            ],
            // A task of an array.
            vec![
                ("SLURM_ARRAY_TASK_ID", "3"),
                ("SLURM_ARRAY_TASK_COUNT", "16"),
                ("SLURM_NTASKS", "1"),
                ("SLURM_PROCID", "0"),
            ],
            // srun -n1 inside of a job of four tasks.
            vec![
                ("SLURM_NTASKS", "4"),
                ("SLURM_STEP_NUM_TASKS", "1"),
                ("SLURM_STEP_ID", "0"),
                ("SLURM_PROCID", "0"),
            ],
            // mpirun -n 1, whose daemons srun has started on four nodes.
            vec![
                ("OMPI_COMM_WORLD_SIZE", "1"),
                ("SLURM_STEP_NUM_TASKS", "4"),
                ("SLURM_STEP_ID", "0"),
                ("SLURM_PROCID", "0"),
            ],
        ] {
            assert_eq!(said(&variables), None, "{variables:?}");
        }
    }
}
