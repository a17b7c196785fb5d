internal import MRDLCore
package import MRDLModel

/// What a training has given: pictures, and one page that holds them all and needs nothing else.
package struct TrainingPage: Sendable {
  /// The names of the files, without ending, with what is drawn.
  package private(set) var pictures: [(name: String, drawing: Drawing)] = []
  private let model: Model

  /// - Parameter model: the trained model, with card and history.
  package init(_ model: Model) {
    self.model = model
    addCurves()
  }

  /// Adds a picture after those that are there.
  package mutating func add(_ name: String, _ drawing: Drawing) {
    pictures.append((name, drawing))
  }

  /// The loss and each metric over the epochs, training and validation together.
  private mutating func addCurves() {
    let history = model.training?.history ?? []
    guard history.count > 1 else { return }
    let names = Set(history.flatMap { $0.values.keys })
    // A picture holds a thousand points of a curve at most.
    let step = (history.count + 999) / 1000
    func points(_ name: String) -> [Plot.Point] {
      stride(from: 0, to: history.count, by: step).compactMap { index in
        history[index].values[name].map { Plot.Point(Double(history[index].epoch), $0) }
      }
    }
    for name in names.filter({ !$0.hasPrefix("validation_") }).sorted() {
      let title = Self.words(name)
      var series = [
        Plot.Series(name == "learning_rate" ? title : "training", .palette(0), .line(points(name)))
      ]
      if names.contains("validation_" + name) {
        series.append(
          Plot.Series("validation", .palette(1), .line(points("validation_" + name))))
      }
      let capital = title.prefix(1).uppercased() + title.dropFirst()
      add("curve-\(name)", Plot(capital, x: "epoch", y: title, series).drawing)
    }
  }

  /// The name of a measure as people write it.
  private static func words(_ name: String) -> String {
    name.split(separator: "_").joined(separator: " ")
  }

  // MARK: The page

  /// The page, HTML with the pictures inside; it loads nothing and runs nothing.
  package var html: String {
    let name = model.card.name.isEmpty ? "Training" : model.card.name.escapedForMarkup
    let description = model.card.description.escapedForMarkup
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <link rel="icon" href="data:,">
      <title>\(name)</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <main>
      <h1>\(name)</h1>
      <p>\(description)</p>
      \(scores)\(datasets)\(figures)\(history)\(recipe)</main>
      </body>
      </html>

      """
  }

  /// Contrast is 4.5 to 1 at least for text, and 3 to 1 for what is drawn, on both grounds (WCAG 2.2, 1.4.3
  /// and 1.4.11).
  private static let style = """
    :root { color-scheme: light dark; --paper: #fff; --ink: #1a1a1a; --axis: #595959;
      --grid: #e4e4e4; --band: #f3f3f3; --link: #0060a0; }
    @media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e8e8e8;
      --axis: #a0a0a0; --grid: #33373c; --band: #212429; --link: #7cc4f0; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink);
      font: 1rem/1.5 system-ui, sans-serif; }
    main { max-width: 68rem; margin: 0 auto; padding: 1rem; }
    h1, h2 { line-height: 1.2; overflow-wrap: anywhere; } a { color: var(--link); }
    .wide { overflow-x: auto; } .wide:focus-visible { outline: 2px solid var(--link); }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: 0.2rem 0.8rem; text-align: left; vertical-align: top; }
    td.number, th.number { text-align: right; }
    tbody tr:nth-child(odd) { background: var(--band); }
    code { overflow-wrap: anywhere; font-size: 0.85em; }
    pre { overflow-x: auto; background: var(--band); padding: 0.8rem; font-size: 0.85rem; }
    .figures { display: grid; gap: 1.5rem;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); }
    figure { margin: 0; max-width: 40rem; } figure svg { display: block; width: 100%; height: auto; }
    figure:target { outline: 2px solid var(--link); outline-offset: 4px; }
    figcaption { font-size: 0.875rem; overflow-wrap: anywhere; }
    .fill-paper { fill: var(--paper); } .fill-ink { fill: var(--ink); }
    .fill-axis { fill: var(--axis); } .fill-grid { fill: var(--grid); }
    .stroke-ink { stroke: var(--ink); } .stroke-axis { stroke: var(--axis); }
    .stroke-grid { stroke: var(--grid); } .stroke-paper { stroke: var(--paper); }
    @media print { figure { break-inside: avoid; } }
    """

  /// A table in a box that scrolls by itself where it is too wide.
  ///
  /// - Parameters:
  ///   - numbers: which columns hold numbers.
  ///   - rows: cells that are markup already.
  private func table(
    _ label: String, _ columns: [String], numbers: Set<Int>, _ rows: [[String]]
  ) -> String {
    func kind(_ index: Int) -> String { numbers.contains(index) ? " class=\"number\"" : "" }
    var text = "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"\(label)\">\n"
    text += "<table>\n<thead><tr>"
    for (index, column) in columns.enumerated() {
      text += "<th scope=\"col\"\(kind(index))>\(column.escapedForMarkup)</th>"
    }
    text += "</tr></thead>\n<tbody>\n"
    for row in rows {
      text += "<tr>"
      for (index, cell) in row.enumerated() { text += "<td\(kind(index))>\(cell)</td>" }
      text += "</tr>\n"
    }
    return text + "</tbody>\n</table>\n</div>\n"
  }

  private var scores: String {
    guard !model.card.metrics.isEmpty else { return "" }
    let rows = model.card.metrics.map { metric in
      [
        Self.words(metric.name).escapedForMarkup, Quantity.significant(metric.value, digits: 5),
        metric.split.escapedForMarkup, metric.dataset.escapedForMarkup,
      ]
    }
    return "<h2>Scores</h2>\n"
      + table("Scores", ["measure", "value", "split", "data"], numbers: [1], rows)
  }

  private var datasets: String {
    guard !model.card.datasets.isEmpty else { return "" }
    let rows = model.card.datasets.map { dataset in
      [
        dataset.split.escapedForMarkup, Quantity.grouped(dataset.sampleCount),
        "<code>\(dataset.digest.escapedForMarkup)</code>",
      ]
    }
    return "<h2>Data</h2>\n" + table("Data", ["split", "samples", "SHA-256"], numbers: [1], rows)
  }

  /// The list of the pictures, and each with what is to be seen on it in words.
  private var figures: String {
    guard !pictures.isEmpty else { return "" }
    var text = "<h2>Figures</h2>\n<nav aria-label=\"Figures\">\n<ol>\n"
    for (name, drawing) in pictures {
      text += "<li><a href=\"#figure-\(name.escapedForMarkup)\">"
      text += "\(drawing.title.escapedForMarkup)</a></li>\n"
    }
    text += "</ol>\n</nav>\n<div class=\"figures\">\n"
    for (index, picture) in pictures.enumerated() {
      text += "<figure id=\"figure-\(picture.name.escapedForMarkup)\">\n\(picture.drawing.svg)"
      text += "<figcaption>Figure \(index + 1). \(picture.drawing.summary.escapedForMarkup)"
      text += "</figcaption>\n</figure>\n"
    }
    return text + "</div>\n"
  }

  /// The numbers behind the curves.
  private var history: String {
    let history = model.training?.history ?? []
    guard history.count > 1 else { return "" }
    let names = Set(history.flatMap { $0.values.keys }).sorted()
    // A page holds a hundred rows or so; the last epoch is among them.
    let step = (history.count + 99) / 100
    let shown = history.enumerated().filter { index, _ in
      index % step == 0 || index == history.count - 1
    }
    let rows = shown.map { _, epoch in
      ["\(epoch.epoch)"]
        + names.map { name in
          epoch.values[name].map { Quantity.significant($0, digits: 5) } ?? ""
        }
    }
    return
      "<h2>Epochs</h2>\n<details>\n<summary>The numbers of \(Quantity.count(shown.count, "epoch"))</summary>\n"
      + table(
        "Epochs", ["epoch"] + names.map { Self.words($0) }, numbers: Set(0...names.count), rows)
      + "</details>\n"
  }

  private var recipe: String {
    guard let recipe = model.training?.recipe else { return "" }
    let text = recipe.text(.indented).markupKeepingLines
    return "<h2>Recipe</h2>\n<pre tabindex=\"0\" aria-label=\"Recipe\">\(text)</pre>\n"
  }
}
