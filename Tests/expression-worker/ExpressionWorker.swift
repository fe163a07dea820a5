import Glibc
import JQClient

/// A worker for expressions and nothing else.
@main
enum ExpressionWorker {
    static func main() {
        exit(JQWorker.serve())
    }
}
