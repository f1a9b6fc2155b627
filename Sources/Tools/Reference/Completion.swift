/// Scripts with which shells complete the names of tools, their subcommands and flags.
enum Completion: String {
    case bash
    case zsh
    case fish

    func script(_ pages: [ToolPage]) -> String {
        switch self {
        case .bash: Self.bashScript(pages)
        case .zsh: Self.zshScript(pages)
        case .fish: Self.fishScript(pages)
        }
    }

    private static func words(_ page: ToolPage) -> String {
        (page.subcommands + page.shownFlags.flatMap(\.words)).joined(separator: " ")
    }

    /// The programs that are completed.
    private static func programs(_ pages: [ToolPage]) -> String {
        (["martlet"] + pages.flatMap(\.scripts)).joined(separator: " ")
    }

    private static func cases(_ pages: [ToolPage]) -> String {
        pages.map { "    \($0.name)) words=\"\(words($0))\" ;;\n" }.joined()
    }

    private static func bashScript(_ pages: [ToolPage]) -> String {
        """
        # Completion of martlet's tools for bash, made by `martlet reference completion bash`.
        _martlet() {
            local word=${COMP_WORDS[COMP_CWORD]} tool=${COMP_WORDS[0]##*/} words=
            COMPREPLY=()
            case $tool in
            kafka-*) tool=${tool#kafka-} tool=${tool%.sh} ;;
            *)
                if [ "$COMP_CWORD" -eq 1 ]; then
                    COMPREPLY=($(compgen -W "\(names(pages))" -- "$word"))
                    return
                fi
                tool=${COMP_WORDS[1]}
                ;;
            esac
            case $tool in
        \(cases(pages))    help) words="\(names(pages))" ;;
            esac
            COMPREPLY=($(compgen -W "$words" -- "$word"))
            if [[ $word != -* ]]; then COMPREPLY+=($(compgen -f -- "$word")); fi
        }
        complete -F _martlet \(programs(pages))

        """
    }

    private static func names(_ pages: [ToolPage]) -> String {
        (pages.map(\.name) + ["help", "version"]).joined(separator: " ")
    }

    private static func zshScript(_ pages: [ToolPage]) -> String {
        """
        #compdef \(programs(pages))
        # Completion of martlet's tools for zsh, made by `martlet reference completion zsh`.
        _martlet() {
            local tool=${words[1]:t} known=
            local -a names=(\(names(pages)))
            case $tool in
            kafka-*) tool=${${tool#kafka-}%.sh} ;;
            *)
                if (( CURRENT == 2 )); then
                    compadd -a names
                    return
                fi
                tool=${words[2]}
                ;;
            esac
            case $tool in
        \(cases(pages).replacing("words=", with: "known="))    help) known="$names" ;;
            esac
            compadd -- ${=known}
            [[ ${words[CURRENT]} == -* ]] || _files
        }
        _martlet "$@"

        """
    }

    private static func fishScript(_ pages: [ToolPage]) -> String {
        var lines = [
            "# Completion of martlet's tools for fish, made by `martlet reference completion fish`."
        ]
        func quoted(_ text: String) -> String {
            "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
        }
        for page in pages {
            lines.append(
                "complete -c martlet -n __fish_use_subcommand -a \(page.name) -d "
                    + quoted(page.summary))
            let isHere = quoted("__fish_seen_subcommand_from \(page.name)")
            let places = ["-c martlet -n \(isHere)"] + page.scripts.map { "-c \($0)" }
            for place in places {
                for word in page.subcommands { lines.append("complete \(place) -a \(word)") }
                for flag in page.shownFlags {
                    let letter = flag.letter.map { " -s \($0)" } ?? ""
                    let value = flag.kind == .onOff ? "" : " -r"
                    lines.append(
                        "complete \(place) -l \(flag.name)\(letter)\(value) -d "
                            + quoted(flag.explanation))
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
