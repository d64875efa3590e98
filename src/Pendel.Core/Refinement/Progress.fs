namespace Pendel.Core

open System.Threading

/// The stages of a refinement, in their order, then what other commands do.
type StageName =
    /// Joint coarse scan of thickness and scan-axis offset.
    | ThicknessScan
    /// One rotation of the crystal on the goniometer.
    | GlobalMisset
    /// Orientation of each frame.
    | FrameOrientation
    /// Widths of the mosaic blocks' distribution.
    | MosaicityRefinement
    /// Positions, ADPs and the model of the thickness together.
    | JointRefinement
    /// Derivatives of all rows by all parameters, for the standard uncertainties of the structure.
    | StandardUncertainties
    /// Intensities of the frames of a sample, frame by frame.
    | SampledFrames

/// What a stage says while it runs.
type Progress =
    /// What follows is about one data set, by its number from 1, or about all; not said where there is one.
    | Turned of dataSet: int option
    /// A stage begins; it will take so many steps.
    | Started of stage: StageName * steps: int
    /// A step is done: its number from 1, and the loss where the stage minimises one.
    | Advanced of stage: StageName * step: int * loss: float option
    /// So many of the frames of a calculation are done; a step is one or several calculations.
    | Calculated of frames: int * all: int
    /// A stage has ended, with the residuals of its state and the seconds it took.
    | Ended of stage: StageName * wRMean: float * rObsMean: float * seconds: float

/// How a stage talks to the one who started it.
type Monitor =
    {
        /// Receives what happens; called from one thread at a time.
        Report: Progress -> unit
        /// Asks the stage to stop after the current step, keeping the best state.
        Stop: CancellationToken
    }

module Monitor =
    /// Nobody listens, nobody interrupts.
    let silent =
        {
            Report = ignore
            Stop = CancellationToken.None
        }

    /// A function of a frame that says how many are done, and stops between frames.
    let overFrames (monitor: Monitor) all (compute: 'W -> int -> 'T) : 'W -> int -> 'T =
        let finished = ref 0

        fun workspace frame ->
            monitor.Stop.ThrowIfCancellationRequested()
            let result = compute workspace frame

            lock finished (fun () ->
                finished.Value <- finished.Value + 1
                monitor.Report(Calculated(finished.Value, all)))

            result
