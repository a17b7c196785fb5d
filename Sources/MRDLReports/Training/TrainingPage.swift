internal import MRDLCore
package import MRDLModel

/// What a training has given: pictures, and one page that holds them all and needs nothing else.
package struct TrainingPage: Sendable {
  /// The names of the files, without ending, with their SVG.
  package private(set) var pictures: [(name: String, svg: String)] = []
  private let model: Model

  /// - Parameter model: the trained model, with card and history.
  package init(_ model: Model) {
    self.model = model
    addCurves()
  }

  /// Adds a picture after those that are there.
  package mutating func add(_ name: String, svg: String) { pictures.append((name, svg)) }

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
      var series = [Plot.Series("training", color: 0, .line(points(name)))]
      if names.contains("validation_" + name) {
        series.append(Plot.Series("validation", color: 1, .line(points("validation_" + name))))
      } else if name == "learning_rate" {
        series[0].name = ""
      }
      let title = name.split(separator: "_").joined(separator: " ")
      add("curve-\(name)", svg: Plot(title, x: "epoch", y: title, series).svg)
    }
  }

  /// The page, HTML with the pictures inside; it loads nothing and runs nothing.
  package var html: String {
    let card = model.card
    var text = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(card.name.escapedForMarkup)</title>
      <style>
      body { font-family: sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
      table { border-collapse: collapse; } td, th { padding: 0.2rem 0.8rem; text-align: left; }
      tr:nth-child(even) { background: #f2f2f2; } svg { max-width: 40rem; height: auto; }
      pre { overflow-x: auto; background: #f6f6f6; padding: 0.8rem; }
      </style>
      </head>
      <body>
      <h1>\(card.name.escapedForMarkup)</h1>
      <p>\(card.description.escapedForMarkup)</p>
      <h2>Scores</h2>
      <table>
      <tr><th>measure</th><th>value</th><th>split</th><th>data</th></tr>

      """
    for metric in card.metrics {
      text +=
        "<tr><td>\(metric.name.escapedForMarkup)</td>"
        + "<td>\(Quantity.significant(metric.value, digits: 5))</td>"
        + "<td>\(metric.split.escapedForMarkup)</td>"
        + "<td>\(metric.dataset.escapedForMarkup)</td></tr>\n"
    }
    text +=
      "</table>\n<h2>Data</h2>\n<table>\n<tr><th>split</th><th>samples</th><th>SHA-256</th></tr>\n"
    for dataset in card.datasets {
      text +=
        "<tr><td>\(dataset.split.escapedForMarkup)</td><td>\(dataset.sampleCount)</td>"
        + "<td><code>\(dataset.digest.escapedForMarkup)</code></td></tr>\n"
    }
    text += "</table>\n<h2>Pictures</h2>\n"
    for picture in pictures { text += "<figure>\n\(picture.svg)</figure>\n" }
    if let recipe = model.training?.recipe {
      text += "<h2>Recipe</h2>\n<pre>\(recipe.text(.indented).markupKeepingLines)</pre>\n"
    }
    return text + "</body>\n</html>\n"
  }
}

extension String {
  /// As `escapedForMarkup`, with the line breaks kept.
  fileprivate var markupKeepingLines: String {
    split(separator: "\n", omittingEmptySubsequences: false).map {
      String($0).escapedForMarkup
    }.joined(separator: "\n")
  }
}
