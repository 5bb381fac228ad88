//! Levels of several systems as those of one: graphs side by side, without an edge between them.

use super::graph::{Aggregates, Graph, id};
use crate::field::Real;

/// All graphs as one, unknowns in their order.
pub(crate) fn graphs<'g, T: Real>(parts: impl IntoIterator<Item = &'g Graph<T>>) -> Graph<T> {
    let mut whole = Graph {
        starts: vec![0],
        ..Graph::default()
    };
    for part in parts {
        let (rows, entries) = (whole.leaks.len(), whole.columns.len());
        let starts = part.starts.iter().skip(1).map(|start| start + entries);
        whole.starts.extend(starts);
        let columns = part
            .columns
            .iter()
            .map(|&column| id(column as usize + rows));
        whole.columns.extend(columns);
        whole.weights.extend_from_slice(&part.weights);
        whole.leaks.extend_from_slice(&part.leaks);
    }
    whole
}

/// All aggregations as one.
pub(crate) fn aggregates<'g>(parts: impl IntoIterator<Item = &'g Aggregates>) -> Aggregates {
    let mut whole = Aggregates {
        starts: vec![0],
        ..Aggregates::default()
    };
    for part in parts {
        let (aggregates, unknowns) = (whole.len(), whole.parent.len());
        let parent = part.parent.iter();
        let parent = parent.map(|&parent| id(parent as usize + aggregates));
        whole.parent.extend(parent);
        let starts = part.starts.iter().skip(1);
        let starts = starts.map(|&start| id(start as usize + unknowns));
        whole.starts.extend(starts);
        let members = part.members.iter();
        let members = members.map(|&member| id(member as usize + unknowns));
        whole.members.extend(members);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(weight: f64) -> Graph<f64> {
        Graph {
            starts: vec![0, 1, 3, 4],
            columns: vec![1, 0, 2, 1],
            weights: vec![weight; 4],
            leaks: vec![weight, 0.0, 0.0],
            formed: None,
        }
    }

    #[test]
    fn each_part_acts_on_its_own_unknowns() {
        let whole = graphs([&chain(1.0), &chain(3.0)]);
        let rows: Vec<Vec<_>> = (0..whole.len()).map(|i| whole.row(i).collect()).collect();
        assert_eq!(rows[1], [(0, 1.0), (2, 1.0)]);
        assert_eq!(rows[3], [(4, 3.0)]);
        assert_eq!(rows[5], [(4, 3.0)]);
        assert_eq!(whole.leaks, [1.0, 0.0, 0.0, 3.0, 0.0, 0.0]);
    }

    #[test]
    fn aggregates_keep_their_members() {
        let part = Aggregates::new(vec![1, 0, 1], 2);
        let whole = aggregates([&part, &part]);
        assert_eq!(whole.parent, [1, 0, 1, 3, 2, 3]);
        let members: Vec<&[u32]> = (0..whole.len()).map(|i| whole.of(i)).collect();
        assert_eq!(members, [&[1][..], &[0, 2], &[4], &[3, 5]]);
    }
}
