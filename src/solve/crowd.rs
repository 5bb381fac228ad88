//! Many small tasks at once, each on one thread from beginning to end: small volumes have too little work to be shared.

use rayon::ThreadPoolBuilder;
use std::{
    sync::{
        Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

/// After so long without a result the listener hears how many there are all the same.
const SILENCE: Duration = Duration::from_millis(100);

/// What a task makes of each item, in their order; `told` hears how many are done. As many threads work as rayon has. Where
/// there are fewer items than threads, all threads work on one after the other instead.
pub fn each<I: Send, T: Send>(
    items: Vec<I>,
    task: impl Fn(I) -> T + Sync,
    mut told: impl FnMut(usize),
) -> Vec<T> {
    let (count, threads) = (items.len(), rayon::current_num_threads());
    if count < threads.max(2) {
        let one = |(done, item)| {
            let result = task(item);
            told(done);
            result
        };
        return (1..).zip(items).map(one).collect();
    }
    let queue = Mutex::new(items.into_iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let mut results: Vec<Option<T>> = (0..count).map(|_| None).collect();
    thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..threads {
            let (send, next, task) = (send.clone(), &next, &task);
            scope.spawn(move || {
                on_one_thread(|| {
                    while let Some((place, item)) = next() {
                        if send.send((place, task(item))).is_err() {
                            break;
                        }
                    }
                });
            });
        }
        drop(send);
        let mut done = 0;
        loop {
            match receive.recv_timeout(SILENCE) {
                Ok((place, result)) => {
                    results[place] = Some(result);
                    done += 1;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            told(done);
        }
    });
    results.into_iter().flatten().collect()
}

/// Runs work, rayon's within it too, on a thread of its own; where none can be started, on the threads that there are.
fn on_one_thread(work: impl FnOnce() + Send) {
    match ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_their_items() {
        for count in [0, 1, 2, 57] {
            let (items, mut told) = ((0..count).collect(), Vec::new());
            let squares = each(items, |i: usize| i * i, |done| told.push(done));
            told.dedup();
            assert_eq!(squares, (0..count).map(|i| i * i).collect::<Vec<_>>());
            assert_eq!(told, (1..=count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn many_tasks_find_one_thread_each() {
        let threads = each(vec![(); 40], |()| rayon::current_num_threads(), |_| {});
        let alone = rayon::current_num_threads();
        assert!(alone > 40 || threads == [1; 40], "{threads:?}");
    }
}
