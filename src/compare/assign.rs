//! The cheapest one-to-one assignment.

/// Above this many rows or columns, the cheapest pairs are taken one by one instead.
const EXACT: usize = 500;

/// Pairs rows with columns one to one so that the sum of costs is least and as many as possible are
/// paired; `None` in the matrix means that a pair is impossible. Returns the column of each row.
///
/// The method is the Hungarian one with potentials (Kuhn 1955, Munkres 1957), cubic in the number
/// of rows. Past 500 rows or columns: cheapest pair first, which is close and needs a sort only.
pub(super) fn assign(costs: &[Vec<Option<f64>>]) -> Vec<Option<usize>> {
    let rows = costs.len();
    let columns = costs.first().map_or(0, Vec::len);
    if rows == 0 || columns == 0 {
        return vec![None; rows];
    }
    if rows.max(columns) > EXACT {
        return greedy(costs);
    }
    if rows > columns {
        let turned: Vec<Vec<_>> = (0..columns)
            .map(|c| costs.iter().map(|row| row[c]).collect())
            .collect();
        let mut result = vec![None; rows];
        for (column, row) in assign(&turned).into_iter().enumerate() {
            if let Some(row) = row {
                result[row] = Some(column);
            }
        }
        return result;
    }
    const IMPOSSIBLE: f64 = 1e6;
    let cost = |row: usize, column: usize| costs[row][column].unwrap_or(IMPOSSIBLE);
    let mut row_potential = vec![0.0; rows + 1];
    let mut column_potential = vec![0.0; columns + 1];
    // Row (from 1) of each column (from 1); column 0 holds the row that is being placed.
    let mut row_of = vec![0_usize; columns + 1];
    let mut way = vec![0_usize; columns + 1];
    for row in 1..=rows {
        row_of[0] = row;
        let mut column = 0;
        let mut least = vec![f64::INFINITY; columns + 1];
        let mut used = vec![false; columns + 1];
        while row_of[column] != 0 {
            used[column] = true;
            let current = row_of[column];
            let mut delta = f64::INFINITY;
            let mut next = 0;
            for c in 1..=columns {
                if used[c] {
                    continue;
                }
                let reduced =
                    cost(current - 1, c - 1) - row_potential[current] - column_potential[c];
                if reduced < least[c] {
                    least[c] = reduced;
                    way[c] = column;
                }
                if least[c] < delta {
                    delta = least[c];
                    next = c;
                }
            }
            for c in 0..=columns {
                if used[c] {
                    row_potential[row_of[c]] += delta;
                    column_potential[c] -= delta;
                } else {
                    least[c] -= delta;
                }
            }
            column = next;
        }
        while column != 0 {
            let before = way[column];
            row_of[column] = row_of[before];
            column = before;
        }
    }
    let mut result = vec![None; rows];
    for (column, row) in row_of.iter().enumerate().skip(1) {
        if *row != 0 && costs[row - 1][column - 1].is_some() {
            result[row - 1] = Some(column - 1);
        }
    }
    result
}

/// The same for lists that are too long for all their pairs to be looked at: of each row only the
/// columns near it in order are tried, cheapest pair first.
pub(super) fn assign_in_order(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> Option<f64>,
) -> Vec<Option<usize>> {
    const NEAR: usize = 32;
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for row in 0..rows {
        let middle = row * columns / rows.max(1);
        for column in middle.saturating_sub(NEAR)..(middle + NEAR).min(columns) {
            pairs.extend(cost(row, column).map(|c| (c, row, column)));
        }
    }
    cheapest_first(pairs, rows, columns)
}

fn greedy(costs: &[Vec<Option<f64>>]) -> Vec<Option<usize>> {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (row, line) in costs.iter().enumerate() {
        for (column, cost) in line.iter().enumerate() {
            if let Some(cost) = cost {
                pairs.push((*cost, row, column));
            }
        }
    }
    cheapest_first(pairs, costs.len(), costs.first().map_or(0, Vec::len))
}

fn cheapest_first(
    mut pairs: Vec<(f64, usize, usize)>,
    rows: usize,
    columns: usize,
) -> Vec<Option<usize>> {
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut result = vec![None; rows];
    let mut used = vec![false; columns];
    for (_, row, column) in pairs {
        if result[row].is_none() && !used[column] {
            result[row] = Some(column);
            used[column] = true;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_least_not_each_row() {
        let costs = vec![vec![Some(0.1), Some(0.2)], vec![Some(0.1), Some(0.9)]];
        assert_eq!(assign(&costs), [Some(1), Some(0)]);
    }

    #[test]
    fn long_lists_are_paired_near_their_order() {
        let pairs = assign_in_order(1_000, 1_000, |row, column| {
            (row.abs_diff(column) < 3).then(|| row.abs_diff(column) as f64)
        });
        assert!(
            pairs
                .iter()
                .enumerate()
                .all(|(row, column)| *column == Some(row))
        );
    }

    #[test]
    fn impossible_pairs_stay_apart_and_more_rows_than_columns_are_fine() {
        let costs = vec![vec![None], vec![Some(0.5)], vec![Some(0.4)]];
        assert_eq!(assign(&costs), [None, None, Some(0)]);
        assert_eq!(assign(&[]), Vec::<Option<usize>>::new());
    }
}
