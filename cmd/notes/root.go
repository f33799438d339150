package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/notesd/notesd/pkg/version"
)

// newRoot makes the command line out of its verbs.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "notes",
		Short: "Keep notes on a notesd server",
		Long: `Keep notes on a notesd server, from a terminal or a script.

Begin with "notes signup", or "notes login" where you have an account.`,
		Example: `  notes signup
  notes add Buy milk
  notes ls
  notes edit k3`,
		Version:       version.Version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetContext(a.catchInterrupts(cmd.Context()))
			// Cobra looks for itself later, when it cannot be told from what the command says.
			if err := cmd.ValidateFlagGroups(); err != nil {
				return usageError{err}
			}
			return nil
		},
	}
	root.AddGroup(
		&cobra.Group{ID: groupNotes, Title: "Notes:"},
		&cobra.Group{ID: groupScripts, Title: "Scripts:"},
		&cobra.Group{ID: groupAccount, Title: "Account:"},
	)
	addVerbs(root, groupNotes, newAdd(a), newList(a), newSearch(a), newShow(a), newPick(a), newEdit(a), newUpdate(a), newAppend(a),
		newRemove(a), newRestore(a), newTrash(a), newHistory(a), newRevert(a), newUndo(a), newTags(a), newTag(a), newExport(a), newImport(a), newOpen(a))
	addVerbs(root, groupScripts, newWatch(a), newExec(a), newAPI(a), newAlias(a))
	addVerbs(root, groupAccount, newSignup(a), newLogin(a), newLogout(a), newStatus(a), newPasswd(a), newSessions(a), newToken(a),
		newAccount(a))
	addVerbs(root, "", newVersion(a))
	root.AddCommand(helpTopics()...)
	root.SetHelpCommand(newHelp())
	addCompletion(root)
	onlySubcommands(root)
	a.addGlobalFlags(root)
	root.SetVersionTemplate(version.Line("notes") + "\n")
	root.SetFlagErrorFunc(flagError)
	return root
}

const (
	groupNotes   = "notes"
	groupScripts = "scripts"
	groupAccount = "account"
)

func addVerbs(root *cobra.Command, group string, verbs ...*cobra.Command) {
	for _, verb := range verbs {
		verb.GroupID = group
		root.AddCommand(verb)
	}
}

func (a *app) addGlobalFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringVar(&a.server, "server", "", "talk to the server at this `URL`")
	flags.StringVar(&a.user, "user", "", "be the user with this `name` (also --username)")
	flags.BoolVar(&a.insecureHTTP, "insecure-http", false, "allow plain http to other machines")
	addChoice(root, flags, &a.color, "color", "auto", "use colours: `when` is auto, always or never", "auto", "always", "never")
	root.SetGlobalNormalizationFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "username" {
			name = "user"
		}
		return pflag.NormalizedName(name)
	})
	must(root.RegisterFlagCompletionFunc("server", a.completeServers))
	must(root.RegisterFlagCompletionFunc("user", a.completeUsers))
}

// onlySubcommands makes a command that does nothing by itself show its help, and
// refuse what is not one of its verbs.
func onlySubcommands(cmd *cobra.Command) {
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return noSuchCommand(cmd, args[0])
	}
}

func noSuchCommand(parent *cobra.Command, name string) error {
	parent.SuggestionsMinimumDistance = 2
	err := usagef("there is no command %q", parent.CommandPath()+" "+name)
	return didYouMean(err, parent.SuggestionsFor(name), parent.CommandPath())
}

// args makes a usageError of what cobra has to say about the number of
// arguments.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return withHint(usageError{err}, "usage: %s", cmd.UseLine())
		}
		return nil
	}
}

// flagError explains a wrong flag.
func flagError(cmd *cobra.Command, err error) error {
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok && wrong.GetFlag().Value.Type() == "bool" {
		err = fmt.Errorf("--%s is true or false, not %q", wrong.GetFlag().Name, wrong.GetValue())
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return withHint(usageError{err}, "see: %s --help", cmd.CommandPath())
	}
	// Cobra knows how to guess what was meant, but only among commands.
	names := &cobra.Command{SuggestionsMinimumDistance: 2}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	var similar []string
	for _, name := range names.SuggestionsFor(unknown.GetSpecifiedName()) {
		similar = append(similar, "--"+name)
	}
	return didYouMean(usageError{err}, similar, cmd.CommandPath())
}

func didYouMean(err error, similar []string, command string) error {
	if len(similar) > 0 {
		return withHint(err, "did you mean %s?", strings.Join(similar, " or "))
	}
	return withHint(err, "see: %s --help", command)
}

// choice is a flag with few values.
type choice struct {
	value   *string
	allowed []string
}

func (c choice) String() string { return *c.value }
func (c choice) Type() string   { return "string" }

func (c choice) Set(s string) error {
	for _, allowed := range c.allowed {
		if s == allowed {
			*c.value = s
			return nil
		}
	}
	return fmt.Errorf("it is one of %s", strings.Join(c.allowed, ", "))
}

// addChoice adds a flag with few values, which the shell completes.
func addChoice(cmd *cobra.Command, flags *pflag.FlagSet, value *string, name, preset, usage string, allowed ...string) {
	*value = preset
	flags.Var(choice{value, allowed}, name, usage)
	must(cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp)))
}

// must is for what can only fail when the program is wrong.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
