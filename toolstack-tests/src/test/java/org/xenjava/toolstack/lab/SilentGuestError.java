// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

/**
 * A Linux guest of the lab did not come up in time. This was seen once in some hundred boots of the emulated host and
 * left no trace of its cause; guests of the emulation also end by triple faults, those of {@code xl} too (lab/README.md).
 * {@link LabIT} runs such a test once more, and shows both results.
 */
final class SilentGuestError extends AssertionError {
    private static final long serialVersionUID = 1;

    SilentGuestError(AssertionError cause) {
        super(cause.getMessage(), cause);
    }
}
