"""Papers on learning from images and rewards, as data for `bibliography`.

Guarantee: data only: kind, authors, year, title and the rest of the BibTeX fields of each.
"""

from __future__ import annotations

LEARNING: tuple[tuple[str, str, int, str, dict[str, str]], ...] = (
    (
        "inproceedings",
        "Agarwal, Rishabh; Schwarzer, Max; Castro, Pablo Samuel; Courville, Aaron C.; "
        "Bellemare, Marc G.",
        2021,
        "Deep Reinforcement Learning at the Edge of the Statistical Precipice",
        {"booktitle": "Advances in Neural Information Processing Systems"},
    ),
    (
        "inproceedings",
        "Badia, Adrià Puigdomènech; Piot, Bilal; Kapturowski, Steven; others",
        2020,
        "Agent57: Outperforming the Atari Human Benchmark",
        {"booktitle": "International Conference on Machine Learning"},
    ),
    (
        "article",
        "Barto, Andrew G.; Sutton, Richard S.; Anderson, Charles W.",
        1983,
        "Neuronlike Adaptive Elements That Can Solve Difficult Learning Control Problems",
        {
            "journal": "IEEE Transactions on Systems, Man, and Cybernetics",
            "volume": "SMC-13",
            "pages": "834--846",
        },
    ),
    (
        "article",
        "Bellemare, Marc G.; Naddaf, Yavar; Veness, Joel; Bowling, Michael",
        2013,
        "The Arcade Learning Environment: An Evaluation Platform for General Agents",
        {
            "journal": "Journal of Artificial Intelligence Research",
            "volume": "47",
            "pages": "253--279",
        },
    ),
    (
        "inproceedings",
        "Chen, Xinlei; He, Kaiming",
        2021,
        "Exploring Simple Siamese Representation Learning",
        {
            "booktitle": "IEEE Conference on Computer Vision and Pattern Recognition",
            "pages": "15750--15758",
        },
    ),
    (
        "inproceedings",
        "Danihelka, Ivo; Guez, Arthur; Schrittwieser, Julian; Silver, David",
        2022,
        "Policy Improvement by Planning with Gumbel",
        {"booktitle": "International Conference on Learning Representations"},
    ),
    (
        "article",
        "Efron, Bradley",
        1979,
        "Bootstrap Methods: Another Look at the Jackknife",
        {"journal": "Annals of Statistics", "volume": "7", "number": "1", "pages": "1--26"},
    ),
    (
        "misc",
        "Feinberg, Vladimir; Wan, Alvin; Stoica, Ion; others",
        2018,
        "Model-Based Value Estimation for Efficient Model-Free Reinforcement Learning",
        {"eprint": "1803.00101", "archiveprefix": "arXiv"},
    ),
    (
        "inproceedings",
        "He, Kaiming; Zhang, Xiangyu; Ren, Shaoqing; Sun, Jian",
        2016,
        "Deep Residual Learning for Image Recognition",
        {
            "booktitle": "IEEE Conference on Computer Vision and Pattern Recognition",
            "pages": "770--778",
        },
    ),
    (
        "inproceedings",
        "Ioffe, Sergey; Szegedy, Christian",
        2015,
        "Batch Normalization: Accelerating Deep Network Training by Reducing "
        "Internal Covariate Shift",
        {"booktitle": "International Conference on Machine Learning", "pages": "448--456"},
    ),
    (
        "inproceedings",
        "Kingma, Diederik P.; Ba, Jimmy",
        2015,
        "Adam: A Method for Stochastic Optimization",
        {"booktitle": "International Conference on Learning Representations"},
    ),
    (
        "misc",
        "Lange, Robert Tjarko",
        2022,
        "gymnax: A JAX-based Reinforcement Learning Environment Library",
        {"url": "https://github.com/RobertTLange/gymnax"},
    ),
    (
        "article",
        "Machado, Marlos C.; Bellemare, Marc G.; Talvitie, Erik; others",
        2018,
        "Revisiting the Arcade Learning Environment: Evaluation Protocols and "
        "Open Problems for General Agents",
        {
            "journal": "Journal of Artificial Intelligence Research",
            "volume": "61",
            "pages": "523--562",
        },
    ),
    (
        "article",
        "Mnih, Volodymyr; Kavukcuoglu, Koray; Silver, David; others",
        2015,
        "Human-Level Control through Deep Reinforcement Learning",
        {"journal": "Nature", "volume": "518", "pages": "529--533"},
    ),
    (
        "inproceedings",
        "Moritz, Philipp; Nishihara, Robert; Wang, Stephanie; others",
        2018,
        "Ray: A Distributed Framework for Emerging AI Applications",
        {"booktitle": "USENIX Symposium on Operating Systems Design and Implementation"},
    ),
    (
        "inproceedings",
        "Osband, Ian; Doron, Yotam; Hessel, Matteo; others",
        2020,
        "Behaviour Suite for Reinforcement Learning",
        {"booktitle": "International Conference on Learning Representations"},
    ),
    (
        "misc",
        "Pohlen, Tobias; Piot, Bilal; Hester, Todd; others",
        2018,
        "Observe and Look Further: Achieving Consistent Performance on Atari",
        {"eprint": "1805.11593", "archiveprefix": "arXiv"},
    ),
    (
        "inproceedings",
        "Schaul, Tom; Quan, John; Antonoglou, Ioannis; Silver, David",
        2016,
        "Prioritized Experience Replay",
        {"booktitle": "International Conference on Learning Representations"},
    ),
    (
        "article",
        "Schrittwieser, Julian; Antonoglou, Ioannis; Hubert, Thomas; others",
        2020,
        "Mastering Atari, Go, Chess and Shogi by Planning with a Learned Model",
        {"journal": "Nature", "volume": "588", "pages": "604--609"},
    ),
    (
        "article",
        "Silver, David; Hubert, Thomas; Schrittwieser, Julian; others",
        2018,
        "A General Reinforcement Learning Algorithm that Masters Chess, Shogi, and Go "
        "through Self-Play",
        {"journal": "Science", "volume": "362", "pages": "1140--1144"},
    ),
    (
        "misc",
        "Xuan, Chunyu; Niu, Yazhe; Pu, Yuan; others",
        2024,
        "ReZero: Boosting MCTS-Based Algorithms by Backward-View and Entire-Buffer Reanalyze",
        {"eprint": "2404.16364", "archiveprefix": "arXiv"},
    ),
    (
        "misc",
        "Xu, Yuanzhong; Lee, HyoukJoong; Chen, Dehao; Hechtman, Blake; Huang, Yanping; "
        "Joshi, Rahul; Krikun, Maxim; Lepikhin, Dmitry; Ly, Andy; Maggioni, Marcello; "
        "Pang, Ruoming; Shazeer, Noam; Wang, Shibo; Wang, Tao; Wu, Yonghui; Chen, Zhifeng",
        2021,
        "GSPMD: General and Scalable Parallelization for ML Computation Graphs",
        {"eprint": "2105.04663", "archiveprefix": "arXiv"},
    ),
    (
        "inproceedings",
        "Yarats, Denis; Kostrikov, Ilya; Fergus, Rob",
        2021,
        "Image Augmentation Is All You Need: Regularizing Deep Reinforcement Learning from Pixels",
        {"booktitle": "International Conference on Learning Representations"},
    ),
    (
        "inproceedings",
        "Ye, Weirui; Liu, Shaohuai; Kurutach, Thanard; Abbeel, Pieter; Gao, Yang",
        2021,
        "Mastering Atari Games with Limited Data",
        {"booktitle": "Advances in Neural Information Processing Systems", "volume": "34"},
    ),
    (
        "misc",
        "Young, Kenny; Tian, Tian",
        2019,
        "MinAtar: An Atari-Inspired Testbed for Thorough and Reproducible Reinforcement "
        "Learning Experiments",
        {"eprint": "1903.03176", "archiveprefix": "arXiv"},
    ),
)
