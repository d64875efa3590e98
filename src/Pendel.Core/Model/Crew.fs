namespace Pendel.Core

open System.Runtime.ExceptionServices
open System.Threading
open System.Threading.Tasks

/// Threads that share work: never more than so many at a time, tasks within tasks included.
type Crew(threads: int) =
    let options =
        ParallelOptions(
            MaxDegreeOfParallelism = threads,
            TaskScheduler = ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, threads).ConcurrentScheduler
        )

    /// Most threads at a time.
    member _.Threads = threads

    /// Does task i for every i of an order, which should have the longest first; results stand at i.
    ///
    /// Raises what the task of the lowest i raises that fails, whichever thread came first.
    member _.Map(order: int array, compute: int -> 'T) : 'T array =
        let results = Array.zeroCreate<'T> order.Length
        let errors = Array.zeroCreate<ExceptionDispatchInfo | null> order.Length
        let taken = [| -1 |]

        let work () =
            let mutable place = Interlocked.Increment &taken[0]

            while place < order.Length do
                let i = order[place]

                try
                    results[i] <- compute i
                with e ->
                    errors[i] <- ExceptionDispatchInfo.Capture e

                place <- Interlocked.Increment &taken[0]

        if threads = 1 || order.Length = 1 then
            work ()
        else
            Parallel.For(0, min threads order.Length, options, (fun _ -> work ())) |> ignore

        for error in errors do
            match error with
            | null -> ()
            | error -> error.Throw()

        results

    /// Does a task for runs of so many things, one run at least, from the first of each run on (the first thing, their number);
    /// results in order. The runs do not depend on the threads.
    member crew.MapRuns(count, longest, compute: int -> int -> 'T) : 'T array =
        let runs = max 1 ((count + longest - 1) / longest)

        crew.Map(
            [| 0 .. runs - 1 |],
            fun run -> let first = run * longest in compute first (min longest (count - first))
        )
