namespace Pendel.Tensors

open System.Collections.Generic

/// The mark of one differentiation: a new one for each call of a functional driver, one for all of the tape form.
[<Sealed>]
type internal Tape() = class end

/// One differentiated value: where it came from and how its cotangent goes back there.
///
/// `pull cotangent accumulators` adds to the accumulator of every parent; the accumulator of a constant is empty.
[<Sealed>]
type internal Node(tape: Tape, length: int, parents: Node[], pull: float[] -> float[][] -> unit) =
    /// The node of all constants.
    static let constant = Node(Tape(), 0, Array.empty, (fun _ _ -> ()))

    /// dL/d(this), written by `reverse` on a leaf of the tape form; empty before.
    member val Derivative = Array.empty<float> with get, set

    member _.Tape = tape
    member _.Length = length
    member _.Parents = parents
    member _.Pull = pull
    static member Constant: Node = constant
    member node.IsConstant = obj.ReferenceEquals(node, Node.Constant)

    /// A value that derivatives are asked for.
    static member Leaf(tape, length) =
        Node(tape, length, Array.empty, (fun _ _ -> ()))

    /// The node of an operation's value; the constant where every parent is one.
    static member Of(operation, length, parents: Node[], pull) =
        let mutable first = Node.Constant

        for parent in parents do
            if not parent.IsConstant then
                if first.IsConstant then
                    first <- parent
                elif not (obj.ReferenceEquals(first.Tape, parent.Tape)) then
                    Shape.refuse
                        operation
                        "a tensor under one differentiation meets one under another (second derivatives are not defined)"

        if first.IsConstant then
            first
        else
            Node(first.Tape, length, parents, pull)

/// The nodes that a value depends on, each after its parents, in an order that only the expression decides.
[<Sealed>]
type internal Graph(root: Node) =
    let nodes = List<Node>()
    let slots = Dictionary<Node, int> HashIdentity.Reference

    do
        let waiting = Stack<struct (Node * int)>()
        waiting.Push(struct (root, 0))

        while waiting.Count > 0 do
            let struct (node, next) = waiting.Pop()

            if not (slots.ContainsKey node) then
                if next < node.Parents.Length then
                    waiting.Push(struct (node, next + 1))
                    let parent = node.Parents[next]

                    if not parent.IsConstant then
                        waiting.Push(struct (parent, 0))
                else
                    slots.Add(node, nodes.Count)
                    nodes.Add node

    let parentSlots =
        let slot (node: Node) =
            if node.IsConstant then -1 else slots[node]

        [| for node in nodes -> Array.map slot node.Parents |]

    /// The cotangents of all leaves that the root depends on, for one cotangent of the root.
    member _.Pull(cotangent: float[]) : (struct (Node * float[]))[] =
        let cotangents = Array.create nodes.Count Array.empty<float>
        cotangents[nodes.Count - 1] <- Array.copy cotangent

        let accumulator slot =
            if slot < 0 then
                Array.empty
            else
                if cotangents[slot].Length = 0 then
                    cotangents[slot] <- Array.zeroCreate nodes[slot].Length

                cotangents[slot]

        for slot in nodes.Count - 1 .. -1 .. 0 do
            if parentSlots[slot].Length > 0 then
                nodes[slot].Pull cotangents[slot] (Array.map accumulator parentSlots[slot])
                cotangents[slot] <- Array.empty

        [|
            for slot in 0 .. nodes.Count - 1 do
                if parentSlots[slot].Length = 0 then
                    struct (nodes[slot], cotangents[slot])
        |]
