// SPDX-License-Identifier: Apache-2.0
package org.crtools.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crtools.model.Identity;
import org.crtools.model.LiveProcess;
import org.crtools.model.TreeProcess;
import org.crtools.model.Zombie;

/**
 * A process that the tree image forks: one of the checkpoint, or a helper that stands in for a dead leader of a session
 * or process group until others have joined it.
 */
final class Node {
    private final Optional<TreeProcess> process;
    private final int pid;
    private final int session;
    private final int group;
    private final List<Node> early = new ArrayList<>();
    private final List<Node> late = new ArrayList<>();
    private Optional<Node> forkedBy = Optional.empty();
    private boolean adopting;

    private Node(Optional<TreeProcess> process, int pid, int session, int group) {
        this.process = process;
        this.pid = pid;
        this.session = session;
        this.group = group;
    }

    static Node of(TreeProcess process) {
        Identity identity = process.identity();
        return new Node(Optional.of(process), identity.pid(), identity.session(), identity.group());
    }

    /**
     * A helper.
     *
     * @param pid wanted, 0 for any
     */
    static Node helper(int pid, int session, int group) {
        return new Node(Optional.empty(), pid, session, group);
    }

    int pid() {
        return pid;
    }

    int session() {
        return session;
    }

    int group() {
        return group;
    }

    boolean isHelper() {
        return process.isEmpty();
    }

    Optional<LiveProcess> live() {
        return process.filter(LiveProcess.class::isInstance).map(LiveProcess.class::cast);
    }

    Optional<Zombie> zombie() {
        return process.filter(Zombie.class::isInstance).map(Zombie.class::cast);
    }

    boolean leadsSession() {
        return pid != 0 && pid == session;
    }

    boolean leadsGroup() {
        return pid != 0 && pid == group;
    }

    /** "pid 812" */
    String place() {
        return pid == 0 ? "helper of session " + session : "pid " + pid;
    }

    Optional<Node> forkedBy() {
        return forkedBy;
    }

    /** Children forked before this process makes its session, and so in the session it was born in. */
    List<Node> early() {
        return early;
    }

    /** Children forked when this process is in its final session. */
    List<Node> late() {
        return late;
    }

    void forksEarly(Node child) {
        early.add(child);
        child.forkedBy = Optional.of(this);
    }

    void forksLate(Node child) {
        late.add(child);
        child.forkedBy = Optional.of(this);
    }

    /** Orphans of helpers below become children of this process, which is a subreaper meanwhile. */
    boolean adopting() {
        return adopting;
    }

    void adopts() {
        adopting = true;
    }

    /** This node and all that it and they fork. */
    List<Node> all() {
        List<Node> nodes = new ArrayList<>();
        collect(nodes);
        return nodes;
    }

    private void collect(List<Node> nodes) {
        nodes.add(this);
        early.forEach(child -> child.collect(nodes));
        late.forEach(child -> child.collect(nodes));
    }

    boolean isBelow(Node other) {
        for (Optional<Node> node = Optional.of(this); node.isPresent(); node = node.get().forkedBy) {
            if (node.get() == other) {
                return true;
            }
        }
        return false;
    }

    int depth() {
        return forkedBy.map(parent -> parent.depth() + 1).orElse(0);
    }
}
