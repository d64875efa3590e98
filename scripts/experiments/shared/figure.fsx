// Line figures as SVG: axes with titles and ticks, a legend, panels one above the other.
open System
open System.Globalization

/// How a series is drawn; by convention the truth is dashed.
type Stroke =
    | Solid
    | Dashed
    | Marks

type Series =
    {
        Name: string
        Stroke: Stroke
        Points: (float * float) array
    }

/// Title with the unit, as "thickness / Å".
type Axis = { Title: string; IsLogarithmic: bool }

type Panel =
    {
        X: Axis
        Y: Axis
        Series: Series list
    }

let axis title =
    { Title = title; IsLogarithmic = false }

let logarithmic title = { Title = title; IsLogarithmic = true }

let series name stroke points =
    {
        Name = name
        Stroke = stroke
        Points = Seq.toArray points
    }

// -- layout, px -----------------------------------------------------------------------------------------------------

let private width, private panelHeight = 640.0, 300.0

let private left, private right, private top, private bottom =
    74.0, 150.0, 16.0, 50.0

let private titleHeight = 30.0

/// Blue, vermilion, green, purple, orange, sky: told apart by the colour-blind (Okabe and Ito). Dashes are black.
let private colours =
    [| "#0072B2"; "#D55E00"; "#009E73"; "#CC79A7"; "#E69F00"; "#56B4E9" |]

let private text (template: string) ([<ParamArray>] values: obj array) =
    String.Format(CultureInfo.InvariantCulture, template, values)

let private escape (s: string) =
    s.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

// -- scales ---------------------------------------------------------------------------------------------------------

/// 1, 2 or 5 times a power of ten: about five steps in the span.
let private niceStep span =
    let power = 10.0 ** floor (log10 (span / 5.0))

    [ 1.0; 2.0; 5.0; 10.0 ]
    |> List.map ((*) power)
    |> List.find (fun step -> span / step <= 6.0)

let private linearTicks low high =
    let step = niceStep (high - low)

    [
        for i in int (ceil (low / step - 1e-9)) .. int (floor (high / step + 1e-9)) -> float i * step
    ]

let private logarithmicTicks low high =
    [
        for power in int (floor (log10 low)) .. int (ceil (log10 high)) do
            for digit in [ 1.0; 2.0; 5.0 ] do
                let value = digit * 10.0 ** float power

                if value >= low * 0.999 && value <= high * 1.001 then
                    value
    ]

/// Range and ticks of an axis, and the share of the axis at which a value lies.
let private scale (axis: Axis) values =
    let low, high = Seq.min values, Seq.max values

    if axis.IsLogarithmic then
        let low, high = low / 1.1, high * 1.1
        logarithmicTicks low high, (fun v -> log (v / low) / log (high / low))
    else
        let margin = if high > low then 0.03 * (high - low) else 0.5
        let low, high = low - margin, high + margin
        linearTicks low high, (fun v -> (v - low) / (high - low))

// -- drawing --------------------------------------------------------------------------------------------------------

let private label x y anchor extra content =
    text
        "<text x='{0:F1}' y='{1:F1}' text-anchor='{2}' {3}>{4}</text>"
        [| box x; box y; anchor; extra; escape content |]

let private line x1 y1 x2 y2 style =
    text "<line x1='{0:F1}' y1='{1:F1}' x2='{2:F1}' y2='{3:F1}' {4}/>" [| box x1; box y1; box x2; box y2; style |]

let private styleOf colour stroke =
    match stroke with
    | Dashed -> "stroke='black' stroke-width='1.5' stroke-dasharray='6 4' fill='none'"
    | _ -> $"stroke='{colour}' stroke-width='1.5' fill='none'"

let private drawn colour (s: Series) (points: (float * float) array) =
    match s.Stroke with
    | Marks ->
        [
            for x, y in points -> text "<circle cx='{0:F1}' cy='{1:F1}' r='2.2' fill='{2}'/>" [| x; y; colour |]
        ]
    | stroke ->
        let path =
            points
            |> Array.map (fun (x, y) -> text "{0:F1},{1:F1}" [| x; y |])
            |> String.concat " "

        [ $"<polyline points='{path}' {styleOf colour stroke}/>" ]

let private legend colour (s: Series) y =
    let x = width - right + 12.0

    [
        match s.Stroke with
        | Marks -> text "<circle cx='{0:F1}' cy='{1:F1}' r='2.5' fill='{2}'/>" [| x + 12.0; y; colour |]
        | stroke -> line x y (x + 24.0) y (styleOf colour stroke)
        label (x + 30.0) (y + 4.0) "start" "" s.Name
    ]

/// A panel with its upper edge at `offset`.
let private panel offset (p: Panel) =
    let ticksX, shareX = scale p.X (p.Series |> Seq.collect (_.Points >> Seq.map fst))

    let ticksY, shareY = scale p.Y (p.Series |> Seq.collect (_.Points >> Seq.map snd))

    let low, high = offset + panelHeight - bottom, offset + top

    let placeX v =
        left + shareX v * (width - left - right)

    let placeY v = low + shareY v * (high - low)
    let middle = (low + high) / 2.0

    let coloured = p.Series |> List.mapi (fun i s -> colours[i % colours.Length], s)

    [
        for v in ticksX do
            line (placeX v) low (placeX v) high "stroke='#e4e4e4'"
            label (placeX v) (low + 17.0) "middle" "" (text "{0:G4}" [| v |])
        for v in ticksY do
            line left (placeY v) (width - right) (placeY v) "stroke='#e4e4e4'"
            label (left - 6.0) (placeY v + 4.0) "end" "" (text "{0:G4}" [| v |])
        text
            "<rect x='{0:F1}' y='{1:F1}' width='{2:F1}' height='{3:F1}' stroke='black' fill='none'/>"
            [| left; high; width - left - right; low - high |]
        label ((left + width - right) / 2.0) (low + 37.0) "middle" "" p.X.Title
        label 16.0 middle "middle" (text "transform='rotate(-90 16 {0:F1})'" [| middle |]) p.Y.Title
        for i, (colour, s) in List.indexed coloured do
            yield! drawn colour s (s.Points |> Array.map (fun (x, y) -> placeX x, placeY y))
            yield! legend colour s (high + 10.0 + 20.0 * float i)
    ]

/// The figure as the text of an SVG file.
let draw (title: string) (panels: Panel list) =
    let height = titleHeight + panelHeight * float panels.Length

    [
        text
            "<svg xmlns='http://www.w3.org/2000/svg' width='{0}' height='{1}' viewBox='0 0 {0} {1}' font-family='sans-serif' font-size='12'>"
            [| width; height |]
        text "<rect width='{0}' height='{1}' fill='white'/>" [| width; height |]
        label left 21.0 "start" "font-weight='bold'" title
        for i, p in List.indexed panels do
            yield! panel (titleHeight + panelHeight * float i) p
        "</svg>"
        ""
    ]
    |> String.concat "\n"
