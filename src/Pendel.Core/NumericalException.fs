namespace Pendel.Core

/// A calculation gave a number that is not finite; the message names the frame.
type NumericalException(message: string) =
    inherit System.Exception(message)
