extension BuiltInRecipe {
  /// Algorithms over tables: the last column is the target unless `--set data.target=NAME` says otherwise.
  static let tables = [line, linear, leastSquares, circles, logistic, softmax, mlp, mlpRegression]

  /// The experiment of the source text: 100 points about y = 3x + 5, rate 0.001, 10,000 steps.
  private static let line = BuiltInRecipe(
    name: "line",
    text: """
      {
        "name": "line",
        "description": "The tutorial's line y = 3x + 5 with noise, by gradient descent (6), (7)",
        "data": {"kind": "line", "samples": 100, "standardize": false, "test": 0},
        "layers": [{"kind": "dense"}],
        "initializer": "zeros",
        "loss": "quadratic",
        "optimizer": {"kind": "sgd", "rate": 0.001},
        "epochs": 10000,
        "batch": "all",
        "seed": 1
      }
      """)

  private static let linear = BuiltInRecipe(
    name: "linear",
    text: """
      {
        "name": "linear",
        "description": "Linear regression by gradient descent (8) on a table",
        "layers": [{"kind": "dense"}],
        "initializer": "zeros",
        "loss": "quadratic",
        "optimizer": {"kind": "sgd", "rate": 0.1},
        "epochs": 2000,
        "batch": "all",
        "seed": 1
      }
      """)

  private static let leastSquares = BuiltInRecipe(
    name: "least-squares",
    text: """
      {
        "name": "least-squares",
        "description": "Linear regression in closed form, by QR in double precision, on a whole table",
        "data": {"test": 0},
        "layers": [{"kind": "dense"}],
        "solver": "qr",
        "loss": "quadratic"
      }
      """)

  private static let circles = BuiltInRecipe(
    name: "circles",
    text: """
      {
        "name": "circles",
        "description": "Two rings, told apart by logistic regression on squared features (2-1)",
        "data": {"kind": "circles", "samples": 400},
        "layers": [
          {"kind": "polynomial", "degree": 2},
          {"kind": "dense"},
          {"kind": "activation", "function": "sigmoid"}
        ],
        "initializer": "zeros",
        "loss": "binary-cross-entropy",
        "optimizer": {"kind": "sgd", "rate": 1.0, "momentum": 0.9},
        "epochs": 300,
        "batch": "all",
        "seed": 1
      }
      """)

  private static let logistic = BuiltInRecipe(
    name: "logistic",
    text: """
      {
        "name": "logistic",
        "description": "Logistic regression (2-5), (2-6) between two classes of a table",
        "layers": [{"kind": "dense"}, {"kind": "activation", "function": "sigmoid"}],
        "initializer": "zeros",
        "loss": "binary-cross-entropy",
        "optimizer": {"kind": "sgd", "rate": 0.5, "momentum": 0.9},
        "regularization": {"l2": 0.002},
        "epochs": 500,
        "batch": "all",
        "seed": 1
      }
      """)

  private static let softmax = BuiltInRecipe(
    name: "softmax",
    text: """
      {
        "name": "softmax",
        "description": "Logistic regression between several classes of a table, by softmax (3-6)",
        "layers": [{"kind": "dense"}, {"kind": "activation", "function": "softmax"}],
        "initializer": "zeros",
        "loss": "cross-entropy",
        "optimizer": {"kind": "sgd", "rate": 0.5, "momentum": 0.9},
        "regularization": {"l2": 0.02},
        "epochs": 500,
        "batch": "all",
        "seed": 1
      }
      """)

  private static let mlp = BuiltInRecipe(
    name: "mlp",
    text: """
      {
        "name": "mlp",
        "description": "A multilayer perceptron for the classes of a table",
        "layers": [
          {"kind": "dense", "units": 128},
          {"kind": "activation", "function": "relu"},
          {"kind": "dropout", "rate": 0.2},
          {"kind": "dense", "units": 64},
          {"kind": "activation", "function": "relu"},
          {"kind": "dense"},
          {"kind": "activation", "function": "softmax"}
        ],
        "initializer": "he",
        "loss": "cross-entropy",
        "optimizer": {"kind": "adamw", "rate": 0.001, "weight_decay": 0.01},
        "schedule": {"kind": "cosine"},
        "epochs": 30,
        "batch": 32,
        "seed": 1
      }
      """)

  private static let mlpRegression = BuiltInRecipe(
    name: "mlp-regression",
    text: """
      {
        "name": "mlp-regression",
        "description": "A multilayer perceptron for a quantity in a table",
        "layers": [
          {"kind": "dense", "units": 64},
          {"kind": "activation", "function": "relu"},
          {"kind": "dense", "units": 32},
          {"kind": "activation", "function": "relu"},
          {"kind": "dense"}
        ],
        "initializer": "he",
        "loss": "quadratic",
        "optimizer": {"kind": "adamw", "rate": 0.003, "weight_decay": 0.05},
        "schedule": {"kind": "cosine"},
        "epochs": 200,
        "batch": 32,
        "early_stopping": {"patience": 40},
        "validation": 0.15,
        "seed": 1
      }
      """)
}
