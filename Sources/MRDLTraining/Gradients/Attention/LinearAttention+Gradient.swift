public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// The steps of LinearAttention backwards, from states that are computed again.
public enum LinearAttentionRule: GradientRule {
  public static let operatorName = "LinearAttention"
  public static let backwardOperators: [any Operator.Type] = [LinearAttentionGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residuals = [step.outputResidual(0) ?? "", step.outputResidual(1) ?? ""]
    let wanted = (0..<6).map { step.needs($0) }
    let results = step.add(
      LinearAttentionGradient.self, step.inputNames(filledTo: 6) + residuals, step.attributes,
      outputs: wanted)
    for (input, isWanted) in wanted.enumerated() where isWanted {
      step.setResidual(of: input, to: results[input])
    }
  }
}

/// The residuals of the six inputs of LinearAttention: the inputs and attributes are its own, and inputs 6 and 7 are
/// the residuals of y and of the last state, of which one may be missing.
struct LinearAttentionGradient: Operator {
  static let name = "LinearAttentionGradient"
  static let domain = OperatorSet.mrdlDomain
  static let inputCount = 7...8
  static let outputCount = 1...6

  private let forward: LinearAttention

  init(attributes: inout AttributeReader) throws(MRDLError) {
    forward = try LinearAttention(attributes: &attributes)
  }

  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try operands.sameType(0..<8, among: .realNumbers)
    let first = try operands.required(0).withoutContent
    var facts: [ValueFacts] = []
    for index in 0..<operands.outputCount {
      facts.append(operands.optional(index)?.withoutContent ?? first)
    }
    return facts
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let layout = try forward.layout(request)
    return try request.real(
      float32: LinearAttentionGradientKernel<Float>(layout: layout),
      float64: LinearAttentionGradientKernel<Double>(layout: layout))
  }
}

/// With S′ = exp(decay)·S, e = v − S′ᵀk, r = beta·e (or v), S ← S′ + k·rᵀ and y = scale·Sᵀq, and G the residual of S:
/// G += scale·q·δyᵀ; δr = Gᵀk; δk = G·r; for a rule that corrects δbeta = δr·e, δv = beta·δr, δk −= S′·δv,
/// G −= k·δvᵀ, else δv = δr; for one that decays δdecay = Σ G·S′ and G ← exp(decay)·G.
private struct LinearAttentionGradientKernel<Element: RealElement>: Kernel {
  let layout: LinearAttentionLayout

  private var stateCount: Int { layout.size * layout.valueSize }

  /// The states before and after each step, a decayed one, the residual of one, and three rows.
  var workspaceByteCount: Int {
    ((layout.steps + 3) * stateCount + 3 * layout.valueSize) * 8 + 8
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let scratch = arguments.workspace.baseAddress else { return }
    let states = scratch.assumingMemoryBound(to: Double.self)
    if arguments.hasOutput(5) { arguments.output(5, as: Element.self).update(repeating: 0) }
    for sample in 0..<layout.batch {
      for head in 0..<layout.keyHeads {
        let place = (sample * layout.keyHeads + head) * stateCount
        if arguments.hasInput(3) {
          let past = arguments.input(3, as: Element.self)
          for index in 0..<stateCount { states[index] = Double(past[place + index]) }
        } else {
          states.update(repeating: 0, count: stateCount)
        }
        let decayed = states + (layout.steps + 1) * stateCount
        let errors = decayed + 2 * stateCount
        for step in 0..<layout.steps {
          let line = sample * layout.steps + step
          let state = states + step * stateCount
          advance(arguments, line, head, state, decayed, errors)
          let key = (line * layout.keyHeads + head) * layout.size
          let k = arguments.input(1, as: Element.self)
          let next = state + stateCount
          for index in 0..<layout.size {
            for column in 0..<layout.valueSize {
              let place = index * layout.valueSize + column
              next[place] =
                decayed[place] + Double(k[key + index]) * errors[layout.valueSize + column]
            }
          }
        }
        let slope = decayed + stateCount
        if arguments.hasInput(7) {
          let present = arguments.input(7, as: Element.self)
          for index in 0..<stateCount { slope[index] = Double(present[place + index]) }
        } else {
          slope.update(repeating: 0, count: stateCount)
        }
        for step in (0..<layout.steps).reversed() {
          let line = sample * layout.steps + step
          let state = states + step * stateCount
          readOut(arguments, line, head, state + stateCount, slope)
          advance(arguments, line, head, state, decayed, errors)
          goBack(arguments, line, head, decayed, slope, errors)
        }
        if arguments.hasOutput(3) {
          let past = arguments.output(3, as: Element.self)
          for index in 0..<stateCount { past[place + index] = Element(slope[index]) }
        }
      }
    }
  }

  /// exp(decay) of a row of the state.
  private func factor(
    _ arguments: borrowing KernelArguments, _ line: Int, _ head: Int, _ index: Int
  ) -> Double {
    exponential(
      Double(arguments.input(4, as: Element.self)[layout.decayPlace(line, head, index)]))
  }

  /// What a rule that corrects takes errors times; 1 for others.
  private func beta(_ arguments: borrowing KernelArguments, _ line: Int, _ head: Int) -> Double {
    guard layout.corrects else { return 1 }
    return Double(arguments.input(5, as: Element.self)[layout.betaPlace(line, head)])
  }

  /// The state S′, and behind each other e and r.
  private func advance(
    _ arguments: borrowing KernelArguments, _ line: Int, _ head: Int,
    _ state: UnsafeMutablePointer<Double>, _ decayed: UnsafeMutablePointer<Double>,
    _ errors: UnsafeMutablePointer<Double>
  ) {
    let (size, valueSize) = (layout.size, layout.valueSize)
    let key = (line * layout.keyHeads + head) * size
    let value = (line * layout.keyHeads + head) * valueSize
    let k = arguments.input(1, as: Element.self)
    let v = arguments.input(2, as: Element.self)
    for index in 0..<size {
      let factor = layout.decays ? factor(arguments, line, head, index) : 1
      for column in 0..<valueSize {
        decayed[index * valueSize + column] = factor * state[index * valueSize + column]
      }
    }
    let scale = beta(arguments, line, head)
    for column in 0..<valueSize {
      var sum = 0.0
      if layout.corrects {
        for index in 0..<size {
          sum += decayed[index * valueSize + column] * Double(k[key + index])
        }
      }
      errors[column] = Double(v[value + column]) - sum
      errors[valueSize + column] = scale * errors[column]
    }
  }

  /// Through y = scale·Sᵀq of all heads of the query that read a state.
  private func readOut(
    _ arguments: borrowing KernelArguments, _ line: Int, _ head: Int,
    _ state: UnsafeMutablePointer<Double>, _ slope: UnsafeMutablePointer<Double>
  ) {
    let (size, valueSize) = (layout.size, layout.valueSize)
    let group = layout.queryHeads / layout.keyHeads
    let q = arguments.input(0, as: Element.self)
    for member in 0..<group {
      let number = line * layout.queryHeads + head * group + member
      for index in 0..<size {
        var sum = 0.0
        if arguments.hasInput(6) {
          let residuals = arguments.input(6, as: Element.self)
          let query = layout.scale * Double(q[number * size + index])
          for column in 0..<valueSize {
            let residual = Double(residuals[number * valueSize + column])
            sum += state[index * valueSize + column] * residual
            slope[index * valueSize + column] += query * residual
          }
        }
        if arguments.hasOutput(0) {
          arguments.output(0, as: Element.self)[number * size + index] = Element(
            layout.scale * sum)
        }
      }
    }
  }

  /// Through S = S′ + k·rᵀ and what it is made of; the residual of S becomes that of the state before.
  private func goBack(
    _ arguments: borrowing KernelArguments, _ line: Int, _ head: Int,
    _ decayed: UnsafeMutablePointer<Double>, _ slope: UnsafeMutablePointer<Double>,
    _ errors: UnsafeMutablePointer<Double>
  ) {
    let (size, valueSize) = (layout.size, layout.valueSize)
    let key = (line * layout.keyHeads + head) * size
    let value = (line * layout.keyHeads + head) * valueSize
    let k = arguments.input(1, as: Element.self)
    let row = errors + 2 * valueSize
    let scale = beta(arguments, line, head)
    var product = 0.0
    for column in 0..<valueSize {
      var sum = 0.0
      for index in 0..<size { sum += slope[index * valueSize + column] * Double(k[key + index]) }
      product += sum * errors[column]
      row[column] = scale * sum
    }
    if arguments.hasOutput(5) {
      let place = layout.betaPlace(line, head)
      let betas = arguments.output(5, as: Element.self)
      betas[place] = Element(Double(betas[place]) + product)
    }
    if arguments.hasOutput(2) {
      let values = arguments.output(2, as: Element.self)
      for column in 0..<valueSize { values[value + column] = Element(row[column]) }
    }
    var decaySum = 0.0
    for index in 0..<size {
      var keySum = 0.0
      var decay = 0.0
      for column in 0..<valueSize {
        let place = index * valueSize + column
        keySum += slope[place] * errors[valueSize + column]
        if layout.corrects {
          keySum -= decayed[place] * row[column]
          slope[place] -= Double(k[key + index]) * row[column]
        }
        decay += slope[place] * decayed[place]
      }
      if arguments.hasOutput(1) {
        arguments.output(1, as: Element.self)[key + index] = Element(keySum)
      }
      guard layout.decays else { continue }
      decaySum += decay
      if arguments.hasOutput(4) {
        arguments.output(4, as: Element.self)[layout.decayPlace(line, head, index)] = Element(
          layout.decaysByHead ? decaySum : decay)
      }
      let factor = factor(arguments, line, head, index)
      for column in 0..<valueSize { slope[index * valueSize + column] *= factor }
    }
  }
}
