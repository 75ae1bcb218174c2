// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.lifecycle.SupervisionEvent.Kind;

class SupervisedEndTest {
    private final SupervisedEnd end = new SupervisedEnd();

    @Test
    void aDomainThatIsGoneWithoutAnEventHasEnded() {
        assertFalse(end.reached(() -> false));
        assertTrue(end.reached(() -> true));
    }

    @Test
    void aDomainThatIsBeingRestartedHasNotEnded() {
        end.happened(Kind.STOPPED);
        assertFalse(end.reached(() -> true));
        end.happened(Kind.RESTARTED);
        assertFalse(end.reached(() -> false));
    }

    @Test
    void aRestartThatBeginsWhileTheHostIsAskedIsNoEnd() {
        assertFalse(end.reached(() -> {
            end.happened(Kind.STOPPED);
            return true;
        }));
    }

    @Test
    void aRestartThatBeginsAndEndsWhileTheHostIsAskedIsNoEnd() {
        assertFalse(end.reached(() -> {
            end.happened(Kind.STOPPED);
            end.happened(Kind.RESTARTED);
            return true;
        }));
        assertTrue(end.reached(() -> true));
    }

    @ParameterizedTest
    @EnumSource(names = {"DESTROYED", "KEPT", "GAVE_UP"})
    void theSupervisorsLastEventIsTheEnd(Kind last) {
        end.happened(Kind.STOPPED);
        end.happened(last);
        assertTrue(end.reached(() -> false));
    }
}
