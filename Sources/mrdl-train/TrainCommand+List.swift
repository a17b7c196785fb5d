import MRDLCommandLine
import MRDLCore
import MRDLRecipes

extension TrainCommand {
  /// The names of the built-in recipes with what they are.
  func printList() throws(MRDLError) {
    let width = BuiltInRecipe.all.map(\.name.count).max() ?? 0
    for recipe in BuiltInRecipe.all {
      let space = String(repeating: " ", count: width - recipe.name.count + 2)
      try StandardStream.output.write(recipe.name + space + recipe.description + "\n")
    }
  }
}
