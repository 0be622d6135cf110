"""The papers that the docstrings name as their sources, as BibTeX.

A docstring's `Source:` names a paper by its first author's family name and its year, "Smith &
Simmons 2004". This module knows what is meant, and `cite` gives the entries for anything with a
docstring: what is cited and what is documented cannot come apart.

Guarantee: every paper named in a `Source:` of this package has an entry, and every entry is named
there or in the documentation.
"""

from __future__ import annotations

import inspect
import re
import unicodedata
from dataclasses import dataclass

from corrigible.papers import LEARNING

_NAMED = re.compile(
    r"\b([A-ZÀ-Þ][\w'-]+)(?:(?:,|,?\s+&|,?\s+and)\s+[A-ZÀ-Þ][\w'-]+)*(?:\s+et\s+al\.)?,?"
    r"\s+\(?((?:18|19|20)\d\d)\b"
)
_SECTION = re.compile(r"^(\s*)Source:(.*(?:\n(?!\s*\w+:\s*$).*)*)", re.MULTILINE)


@dataclass(frozen=True)
class Paper:
    """One entry.

    Args:
        kind: BibTeX's: article, book, inproceedings, phdthesis, techreport, misc or software.
        authors: "Family, Given", in order.
        year: of publication.
        title: as printed.
        place: (BibTeX field, value) pairs: journal, volume, pages and so on.

    Raises:
        Nothing.

    Source: this package.
    """

    kind: str
    authors: tuple[str, ...]
    year: int
    title: str
    place: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """What it is cited by.

        Returns:
            The first author's family name, or the title where a group wrote it, and the year.
            No arrays, no shapes.

        Raises:
            Nothing.

        Source: this package.
        """
        family, comma, _ = self.authors[0].partition(",")
        return _key(family if comma else self.title.split(":")[0], self.year)

    def bibtex(self) -> str:
        """The entry.

        Returns:
            Text without a line end behind it. No arrays, no shapes.

        Raises:
            Nothing.

        Source: Patashnik, BibTeXing, for the format.
        """
        names = " and ".join(a if "," in a else f"{{{a}}}" for a in self.authors)
        fields = [("author", names), ("title", f"{{{self.title}}}"), *self.place]
        fields.append(("year", str(self.year)))
        body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields)
        return f"@{self.kind}{{{self.key},\n{body}\n}}"


def papers_in(text: str) -> tuple[Paper, ...]:
    """The papers that a text names by author and year.

    Args:
        text: any.

    Returns:
        Those that have an entry, each once, in the order of the text. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return tuple(PAPERS[key] for key in keys_in(text) if key in PAPERS)


def keys_in(text: str) -> tuple[str, ...]:
    """What a text names like a paper, with or without an entry.

    Args:
        text: any.

    Returns:
        Keys such as "good1967", each once, in the order of the text. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return tuple(dict.fromkeys(_key(name, year) for name, year in _NAMED.findall(text)))


def _key(name: str, year: object) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return f"{plain.lower()}{year}"


def sources(thing: object) -> str:
    """The `Source:` section of a docstring.

    Args:
        thing: a class, a function, a module, or an object, whose class is then meant.

    Returns:
        The section's text, empty where there is none. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    documented = inspect.isclass(thing) or inspect.isroutine(thing) or inspect.ismodule(thing)
    doc = inspect.getdoc(thing if documented else type(thing)) or ""
    return "\n".join(found[1] for found in _SECTION.findall(doc))


def cite(*things: object) -> str:
    """BibTeX for this package and for the papers that stand behind something.

    Args:
        things: whose docstrings are read: classes, functions, modules, or objects.

    Returns:
        The entries, this package first. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    named = papers_in("\n\n".join(sources(thing) for thing in things))
    return "\n\n".join(paper.bibtex() for paper in (PACKAGE, *named))


def _paper(
    kind: str, authors: str, year: int, title: str, where: str = "", **place: str
) -> tuple[str, Paper]:
    """An entry under its key; `where` is the journal, the proceedings or the publisher."""
    field = {"article": "journal", "inproceedings": "booktitle", "book": "publisher"}
    field["techreport"] = "institution"
    first = ((field[kind], where),) if where else ()
    paper = Paper(kind, tuple(authors.split("; ")), year, title, (*first, *place.items()))
    return paper.key, paper


def _learning() -> tuple[Paper, ...]:
    return tuple(
        Paper(kind, tuple(authors.split("; ")), year, title, tuple(place.items()))
        for kind, authors, year, title, place in LEARNING
    )


PACKAGE = Paper(
    "software",
    ("The corrigible developers",),
    2026,
    "corrigible: agents that learn what is wanted from corrections alone",
    (("version", "0.1.0"), ("license", "Apache-2.0")),
)
_IJCAI = "International Joint Conference on Artificial Intelligence"
_ICML = "International Conference on Machine Learning"
_MIT = "MIT Press"

PAPERS: dict[str, Paper] = dict(
    [
        _paper("article", "Anderson, Donald G.", 1965,
               "Iterative Procedures for Nonlinear Integral Equations", "Journal of the ACM",
               volume="12", number="4", pages="547--560"),
        _paper("inproceedings",
               "Antonoglou, Ioannis; Schrittwieser, Julian; Ozair, Sherjil; Hubert, Thomas K.; "
               "Silver, David", 2022,
               "Planning in Stochastic Environments with a Learned Model",
               "International Conference on Learning Representations"),
        _paper("article", "Åström, Karl Johan", 1965,
               "Optimal Control of Markov Processes with Incomplete State Information",
               "Journal of Mathematical Analysis and Applications", volume="10", number="1",
               pages="174--205"),
        _paper("misc", "Babuschkin, Igor; others", 2020, "The DeepMind JAX Ecosystem",
               url="https://github.com/google-deepmind"),
        _paper("book", "Baier, Christel; Katoen, Joost-Pieter", 2008,
               "Principles of Model Checking", _MIT),
        _paper("inproceedings", "Bajgar, Ondrej; Abate, Alessandro; Gatsis, Konstantinos; "
               "Osborne, Michael A.", 2024,
               "Walking the Values in Bayesian Inverse Reinforcement Learning",
               "Conference on Uncertainty in Artificial Intelligence"),
        _paper("article", "Blackwell, David", 1953, "Equivalent Comparisons of Experiments",
               "Annals of Mathematical Statistics", volume="24", number="2", pages="265--272"),
        _paper("book", "Brent, Richard P.", 1973,
               "Algorithms for Minimization without Derivatives", "Prentice-Hall"),
        _paper("inproceedings", "Carey, Ryan", 2018, "Incorrigibility in the CIRL Framework",
               "AAAI/ACM Conference on AI, Ethics, and Society", pages="30--35"),
        _paper("phdthesis", "Cassandra, Anthony Rocco", 1998,
               "Exact and Approximate Algorithms for Partially Observable Markov Decision "
               "Processes", school="Brown University"),
        _paper("inproceedings",
               "Chevalier-Boisvert, Maxime; Dai, Bolun; Towers, Mark; de Lazcano, Rodrigo;"
               " Willems, Lucas; Lahlou, Salem; Pal, Suman; Castro, Pablo Samuel; Terry, Jordan",
               2023,
               "Minigrid & Miniworld: Modular & Customizable Reinforcement Learning Environments"
               " for Goal-Oriented Tasks", "Advances in Neural Information Processing Systems"),
        _paper("article", "Chopin, Nicolas", 2002,
               "A Sequential Particle Filter Method for Static Models", "Biometrika", volume="89",
               number="3", pages="539--552"),
        _paper("inproceedings", "Chrisman, Lonnie", 1992,
               "Reinforcement Learning with Perceptual Aliasing: The Perceptual Distinctions "
               "Approach", "AAAI Conference on Artificial Intelligence", pages="183--188"),
        _paper("article", "Dietterich, Thomas G.", 2000,
               "Hierarchical Reinforcement Learning with the MAXQ Value Function Decomposition",
               "Journal of Artificial Intelligence Research", volume="13", pages="227--303"),
        _paper("article", "Dinkelbach, Werner", 1967, "On Nonlinear Fractional Programming",
               "Management Science", volume="13", number="7", pages="492--498"),
        _paper("article", "Dowell, M.; Jarratt, P.", 1971,
               "A Modified Regula Falsi Method for Computing the Root of an Equation", "BIT",
               volume="11", number="2", pages="168--174"),
        _paper("misc",
               "Garber, Andrew; Subramani, Rohan; Luu, Linus; Bedaywi, Mark; Russell, Stuart; "
               "Emmons, Scott", 2024, "The Partially Observable Off-Switch Game",
               eprint="2411.17749", archiveprefix="arXiv"),
        _paper("misc", "Geist, Matthieu; Scherrer, Bruno", 2018,
               "Anderson Acceleration for Reinforcement Learning", eprint="1809.09501",
               archiveprefix="arXiv"),
        _paper("article", "Gilks, Walter R.; Berzuini, Carlo", 2001,
               "Following a Moving Target: Monte Carlo Inference for Dynamic Bayesian Models",
               "Journal of the Royal Statistical Society: Series B", volume="63", number="1",
               pages="127--146"),
        _paper("article", "Good, I. J.", 1967, "On the Principle of Total Evidence",
               "British Journal for the Philosophy of Science", volume="17", number="4",
               pages="319--321"),
        _paper("article", "Grassmann, Winfried K.; Taksar, Michael I.; Heyman, Daniel P.", 1985,
               "Regenerative Analysis and Steady State Distributions for Markov Chains",
               "Operations Research", volume="33", number="5", pages="1107--1116"),
        _paper("inproceedings",
               "Hadfield-Menell, Dylan; Dragan, Anca; Abbeel, Pieter; Russell, Stuart", 2017,
               "The Off-Switch Game", _IJCAI, pages="220--227"),
        _paper("inproceedings", "Hansen, Eric A.", 1998,
               "Solving POMDPs by Searching in Policy Space",
               "Conference on Uncertainty in Artificial Intelligence", pages="211--219"),
        _paper("article", "Hauskrecht, Milos", 2000,
               "Value-Function Approximations for Partially Observable Markov Decision Processes",
               "Journal of Artificial Intelligence Research", volume="13", pages="33--94"),
        _paper("book", "Howard, Ronald A.", 1960, "Dynamic Programming and Markov Processes", _MIT),
        _paper("article", "Howard, Ronald A.", 1966, "Information Value Theory",
               "IEEE Transactions on Systems Science and Cybernetics", volume="2", number="1",
               pages="22--26"),
        _paper("article", "Kaelbling, Leslie Pack; Littman, Michael L.; Cassandra, Anthony R.",
               1998, "Planning and Acting in Partially Observable Stochastic Domains",
               "Artificial Intelligence", volume="101", pages="99--134"),
        _paper("book", "Knuth, Donald E.", 1998,
               "The Art of Computer Programming, Volume 3: Sorting and Searching",
               "Addison-Wesley", edition="Second"),
        _paper("book", "Kish, Leslie", 1965, "Survey Sampling", "Wiley"),
        _paper("misc",
               "Leike, Jan; Martic, Miljan; Krakovna, Victoria; Ortega, Pedro A.; Everitt, Tom; "
               "Lefrancq, Andrew; Orseau, Laurent; Legg, Shane", 2017, "AI Safety Gridworlds",
               eprint="1711.09883", archiveprefix="arXiv"),
        _paper("inproceedings",
               "Littman, Michael L.; Cassandra, Anthony R.; Kaelbling, Leslie Pack", 1995,
               "Learning Policies for Partially Observable Environments: Scaling Up", _ICML,
               pages="362--370"),
        _paper("article", "MacQueen, James B.", 1966,
               "A Modified Dynamic Programming Method for Markovian Decision Problems",
               "Journal of Mathematical Analysis and Applications", volume="14", number="1",
               pages="38--43"),
        _paper("article", "Mak, Wai-Kei; Morton, David P.; Wood, R. Kevin", 1999,
               "Monte Carlo Bounding Techniques for Determining Solution Quality in Stochastic"
               " Programs", "Operations Research Letters", volume="24", pages="47--56"),
        _paper("inproceedings", "McCallum, R. Andrew", 1993,
               "Overcoming Incomplete Perception with Utile Distinction Memory", _ICML,
               pages="190--196"),
        _paper("inproceedings",
               "Milli, Smitha; Hadfield-Menell, Dylan; Dragan, Anca; Russell, Stuart", 2017,
               "Should Robots Be Obedient?", _IJCAI, pages="4754--4760"),
        _paper("misc", "Nayebi, Aran", 2025, "Core Safety Values for Provably Corrigible Agents",
               eprint="2507.20964", archiveprefix="arXiv"),
        _paper("inproceedings", "Ng, Andrew Y.; Russell, Stuart", 2000,
               "Algorithms for Inverse Reinforcement Learning", _ICML, pages="663--670"),
        _paper("article", "Ong, Sylvie C. W.; Png, Shao Wei; Hsu, David; Lee, Wee Sun", 2010,
               "Planning under Uncertainty for Robotic Tasks with Mixed Observability",
               "International Journal of Robotics Research", volume="29", number="8",
               pages="1053--1068"),
        _paper("inproceedings", "Orseau, Laurent; Armstrong, Stuart", 2016,
               "Safely Interruptible Agents",
               "Conference on Uncertainty in Artificial Intelligence", pages="557--566"),
        _paper("inproceedings", "Parr, Ronald; Russell, Stuart", 1995,
               "Approximating Optimal Policies for Partially Observable Stochastic Domains",
               _IJCAI, pages="1088--1094"),
        _paper("inproceedings", "Pineau, Joelle; Gordon, Geoffrey; Thrun, Sebastian", 2003,
               "Point-Based Value Iteration: An Anytime Algorithm for POMDPs", _IJCAI,
               pages="1025--1032"),
        _paper("book", "Puterman, Martin L.", 1994,
               "Markov Decision Processes: Discrete Stochastic Dynamic Programming", "Wiley"),
        _paper("inproceedings", "Ramachandran, Deepak; Amir, Eyal", 2007,
               "Bayesian Inverse Reinforcement Learning", _IJCAI, pages="2586--2591"),
        _paper("misc",
               "Shah, Rohin; Freire, Pedro; Alex, Neel; Freedman, Rachel; Krasheninnikov, Dmitrii; "
               "Chan, Lawrence; Dennis, Michael; Abbeel, Pieter; Dragan, Anca; Russell, Stuart",
               2020, "Benefits of Assistance over Reward Learning"),
        _paper("article", "Shannon, C. E.", 1948, "A Mathematical Theory of Communication",
               "Bell System Technical Journal", volume="27", pages="379--423, 623--656"),
        _paper("inproceedings", "Smith, Trey; Simmons, Reid", 2004,
               "Heuristic Search Value Iteration for POMDPs",
               "Conference on Uncertainty in Artificial Intelligence", pages="520--527"),
        _paper("inproceedings",
               "Soares, Nate; Fallenstein, Benja; Yudkowsky, Eliezer; Armstrong, Stuart", 2015,
               "Corrigibility", "AAAI Workshop on AI and Ethics"),
        _paper("article", "Sobel, Matthew J.", 1982,
               "The Variance of Discounted Markov Decision Processes",
               "Journal of Applied Probability", volume="19", number="4", pages="794--802"),
        _paper("inproceedings", "Strens, Malcolm", 2000,
               "A Bayesian Framework for Reinforcement Learning", _ICML, pages="943--950"),
        _paper("article", "Sugiyama, Kozo; Tagawa, Shojiro; Toda, Mitsuhiko", 1981,
               "Methods for Visual Understanding of Hierarchical System Structures",
               "IEEE Transactions on Systems, Man, and Cybernetics", volume="11", number="2",
               pages="109--125"),
        _paper("book", "Sutton, Richard S.; Barto, Andrew G.", 2018,
               "Reinforcement Learning: An Introduction", _MIT, edition="Second"),
        _paper("article", "Tarjan, Robert", 1972,
               "Depth-First Search and Linear Graph Algorithms", "SIAM Journal on Computing",
               volume="1", number="2", pages="146--160"),
        _paper("article", "Thompson, William R.", 1933,
               "On the Likelihood that One Unknown Probability Exceeds Another in View of the "
               "Evidence of Two Samples", "Biometrika", volume="25", pages="285--294"),
        _paper("article",
               "Thornley, Elliott; Roman, Alexander; Ziakas, Christos; Ho, Leyton; Thomson, Louis",
               2025, "Towards Shutdownable Agents via Stochastic Choice",
               "Transactions on Machine Learning Research"),
        _paper("misc", "Towers, Mark; others", 2024,
               "Gymnasium: A Standard Interface for Reinforcement Learning Environments",
               eprint="2407.17032", archiveprefix="arXiv"),
        _paper("book", "Tufte, Edward R.", 1990, "Envisioning Information", "Graphics Press"),
        _paper("inproceedings",
               "Turner, Alexander Matt; Smith, Logan; Shah, Rohin; Critch, Andrew; "
               "Tadepalli, Prasad", 2021, "Optimal Policies Tend to Seek Power",
               "Advances in Neural Information Processing Systems", volume="34"),
        _paper("inproceedings",
               "Ziebart, Brian D.; Maas, Andrew; Bagnell, J. Andrew; Dey, Anind K.", 2008,
               "Maximum Entropy Inverse Reinforcement Learning",
               "AAAI Conference on Artificial Intelligence", pages="1433--1438"),
        _paper("article", "Student, [William Sealy Gosset]", 1908, "The Probable Error of a Mean",
               "Biometrika", volume="6", number="1", pages="1--25"),
        _paper("techreport", "Zobrist, Albert L.", 1970,
               "A New Hashing Method with Application for Game Playing",
               "University of Wisconsin, Computer Sciences Department", number="88"),
        # Markov chains.
        _paper("article", "Christen, J. Andrés; Fox, Colin", 2005,
               "Markov Chain Monte Carlo Using an Approximation",
               "Journal of Computational and Graphical Statistics", volume="14", number="4",
               pages="795--810"),
        _paper("article", "Duane, Simon; Kennedy, A. D.; Pendleton, Brian J.; Roweth, Duncan", 1987,
               "Hybrid Monte Carlo", "Physics Letters B", volume="195", number="2",
               pages="216--222"),
        _paper("article", "Geyer, Charles J.", 1992, "Practical Markov Chain Monte Carlo",
               "Statistical Science", volume="7", number="4", pages="473--483"),
        _paper("book", "Liu, Jun S.", 2001, "Monte Carlo Strategies in Scientific Computing",
               "Springer"),
        _paper("incollection", "Neal, Radford M.", 2011, "MCMC Using Hamiltonian Dynamics",
               booktitle="Handbook of Markov Chain Monte Carlo", publisher="Chapman & Hall/CRC"),
        _paper("article", "Vehtari, Aki; Gelman, Andrew; Simpson, Daniel; Carpenter, Bob; "
               "Bürkner, Paul-Christian", 2021,
               "Rank-Normalization, Folding, and Localization: An Improved R-hat for Assessing "
               "Convergence of MCMC", "Bayesian Analysis", volume="16", number="2",
               pages="667--718"),
        _paper("article", "Welsh, D. J. A.; Powell, M. B.", 1967,
               "An Upper Bound for the Chromatic Number of a Graph and Its Application to "
               "Timetabling Problems", "The Computer Journal", volume="10", number="1",
               pages="85--86"),
        *((paper.key, paper) for paper in _learning()),
    ]
)  # fmt: skip
