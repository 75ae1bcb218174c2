// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.xenjava.toolstack.config.xl.XlSetting.Operator;
import org.xenjava.toolstack.config.xl.XlToken.Kind;
import org.xenjava.toolstack.config.xl.XlValue.Items;
import org.xenjava.toolstack.config.xl.XlValue.Text;

/**
 * The grammar of xl.cfg, which is libxlu's:
 *
 * <pre>{@code
 * file       = { [assignment] end }           end   = newline | ";" | end of file
 * assignment = key ("=" | "+=") value         value = string | number | list
 * list       = "[" nl [ value nl { "," nl value nl } [ "," nl ] ] "]"       nl = { newline }
 * }</pre>
 *
 * The parser reports a wrong statement and continues behind it.
 */
final class XlParser {
    /** The limit bounds the recursion. */
    private static final int DEPTH_LIMIT = 32;

    private final List<XlToken> tokens;
    private final XlDiagnostics diagnostics;
    private final Map<String, XlSetting> settings = new LinkedHashMap<>();
    private int at;
    private int depth;
    /** The statement sets a password, of which no message quotes a word. */
    private boolean secret;

    private XlParser(List<XlToken> tokens, XlDiagnostics diagnostics) {
        this.tokens = tokens;
        this.diagnostics = diagnostics;
    }

    /** The keys of a text with their last values, in the order in which they first appear. */
    static Map<String, XlSetting> parse(String source, XlDiagnostics diagnostics) {
        XlParser parser = new XlParser(XlLexer.tokens(source), diagnostics);
        parser.file();
        return parser.settings;
    }

    private void file() {
        while (!is(Kind.END)) {
            try {
                statement();
            } catch (Mistake mistake) {
                diagnostics.error(mistake.line, Objects.requireNonNull(mistake.getMessage()));
                recover();
            }
        }
    }

    private void statement() throws Mistake {
        secret = false;
        if (is(Kind.NEWLINE) || is(Kind.SEMICOLON)) {
            at++;
            return;
        }
        if (!is(Kind.KEY)) {
            throw expected("a key");
        }
        XlToken key = take();
        secret = key.text().contains("passw");
        if (!is(Kind.ASSIGN) && !is(Kind.APPEND)) {
            throw expected("'=' or '+=' after " + key.shown());
        }
        Operator operator = take().kind() == Kind.ASSIGN ? Operator.ASSIGN : Operator.APPEND;
        XlValue value = value("a value for " + key.shown());
        if (!is(Kind.NEWLINE) && !is(Kind.SEMICOLON) && !is(Kind.END)) {
            throw expected("the end of the line or ';' after the value of " + key.shown());
        }
        store(new XlSetting(key.text(), value, key.line(), operator));
    }

    private XlValue value(String wanted) throws Mistake {
        if (is(Kind.ATOM)) {
            return new Text(take().text());
        }
        if (is(Kind.OPEN)) {
            return list(take());
        }
        throw is(Kind.KEY) ? expected(wanted, ": text is quoted") : expected(wanted);
    }

    private XlValue list(XlToken open) throws Mistake {
        if (++depth > DEPTH_LIMIT) {
            throw new Mistake(open.line(), "lists are nested deeper than " + DEPTH_LIMIT);
        }
        List<XlValue> items = new ArrayList<>();
        skipNewlines();
        while (!is(Kind.CLOSE)) {
            requireMore(open);
            items.add(value("a value in the list opened on line " + open.line()));
            skipNewlines();
            requireMore(open);
            if (is(Kind.COMMA)) {
                at++;
                skipNewlines();
            } else if (!is(Kind.CLOSE)) {
                throw expected("',' or ']' in the list opened on line " + open.line());
            }
        }
        at++;
        depth--;
        return new Items(items);
    }

    private void requireMore(XlToken open) throws Mistake {
        if (is(Kind.END)) {
            throw new Mistake(open.line(), "the list opened here is not closed");
        }
    }

    /** The last assignment wins, as in xl, but with a warning; {@code +=} appends. */
    private void store(XlSetting setting) throws Mistake {
        XlSetting earlier = settings.get(setting.key());
        if (earlier == null) {
            settings.put(setting.key(), setting);
        } else if (setting.operator() == Operator.ASSIGN) {
            diagnostics.warn(setting.line(), "'" + setting.key() + "' replaces its value of line " + earlier.line());
            settings.put(setting.key(), setting);
        } else {
            XlValue sum = sum(earlier, setting);
            settings.put(setting.key(), new XlSetting(setting.key(), sum, setting.line(), setting.operator()));
        }
    }

    private static XlValue sum(XlSetting earlier, XlSetting added) throws Mistake {
        if (earlier.value() instanceof Text first && added.value() instanceof Text second) {
            return new Text(first.text() + second.text());
        }
        if (earlier.value() instanceof Items first && added.value() instanceof Items second) {
            List<XlValue> items = new ArrayList<>(first.items());
            items.addAll(second.items());
            return new Items(items);
        }
        throw new Mistake(
                added.line(),
                "'" + added.key() + "' was text or a list on line " + earlier.line()
                        + ": += adds text to text and lists to lists");
    }

    /**
     * Skips to the end of a wrong list or to the next line that begins an assignment; outside a list, to the next
     * line.
     */
    private void recover() {
        while (!is(Kind.END) && !(depth > 0 ? beginsAssignment() : is(Kind.NEWLINE))) {
            if (depth > 0 && is(Kind.OPEN)) {
                depth++;
            } else if (depth > 0 && is(Kind.CLOSE)) {
                depth--;
            }
            at++;
        }
        depth = 0;
    }

    private boolean beginsAssignment() {
        return is(Kind.KEY)
                && tokens.get(at - 1).kind() == Kind.NEWLINE
                && (tokens.get(at + 1).kind() == Kind.ASSIGN
                        || tokens.get(at + 1).kind() == Kind.APPEND);
    }

    private void skipNewlines() {
        while (is(Kind.NEWLINE)) {
            at++;
        }
    }

    private boolean is(Kind kind) {
        return tokens.get(at).kind() == kind;
    }

    private XlToken take() {
        return tokens.get(at++);
    }

    private Mistake expected(String wanted) {
        return expected(wanted, "");
    }

    private Mistake expected(String wanted, String hint) {
        XlToken found = tokens.get(at);
        String shown = secret && (is(Kind.KEY) || is(Kind.ATOM)) ? "a word that is not shown" : found.shown();
        return new Mistake(
                found.line(),
                found.kind() == Kind.BAD ? found.text() : "expected " + wanted + ", found " + shown + hint);
    }

    /** Ends the parsing of a wrong statement; caught in this class. */
    private static final class Mistake extends Exception {
        private static final long serialVersionUID = 1L;
        private final int line;

        Mistake(int line, String message) {
            super(message, null, false, false);
            this.line = line;
        }
    }
}
