// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import org.xenjava.toolstack.trace.format.Redaction;

/** The treatment of secrets in a trace: of settings and xenstore nodes whose names contain {@code passw}. */
public enum Secrets {
    /** A placeholder stands for each secret. */
    REDACTED(Redaction.SECRETS),
    /** Secrets are recorded as they are, so the file is a secret too. */
    INCLUDED(Redaction.NONE);

    private final Redaction redaction;

    Secrets(Redaction redaction) {
        this.redaction = redaction;
    }

    Redaction redaction() {
        return redaction;
    }
}
