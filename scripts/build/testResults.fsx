// What the trx logger wrote of a run of tests.
open System.Xml.Linq

/// What a run of tests came to; `Skipped` holds the names with their reasons.
type Counts =
    {
        Passed: int
        Failed: int
        Skipped: string list
    }

    static member (+)(a, b) =
        {
            Passed = a.Passed + b.Passed
            Failed = a.Failed + b.Failed
            Skipped = a.Skipped @ b.Skipped
        }

    static member Failures n =
        { Passed = 0; Failed = n; Skipped = [] }

/// Reads a file of results.
let read (file: string) =
    let all name (parent: XContainer) =
        parent.Descendants(XName.Get(name, "http://microsoft.com/schemas/VisualStudio/TeamTest/2010"))

    let attribute name (result: XElement) = result.Attribute(XName.Get name).Value

    let reason result =
        let message =
            all "Message" result |> Seq.map (fun m -> m.Value.Trim()) |> String.concat " "

        $"""{attribute "testName" result}: {message}"""

    let results = all "UnitTestResult" (XDocument.Load file) |> List.ofSeq

    let passed, others =
        results |> List.partition (fun r -> attribute "outcome" r = "Passed")

    let skipped, failed =
        others |> List.partition (fun r -> attribute "outcome" r = "NotExecuted")

    {
        Passed = passed.Length
        Failed = failed.Length
        Skipped = List.map reason skipped
    }
